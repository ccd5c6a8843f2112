import {
	parseWebhookCredential,
	type WebhookCredential,
} from '../../../../nodes/Talkdesk/trigger/authentication/verify';
import {
	cachedCredentials,
	handleWithCredential,
} from '../../../../nodes/Talkdesk/trigger/authentication/credentialCache';

const NOW = Date.parse('2026-01-02T03:04:05Z');

const withKey = (webhookApiKey: string) =>
	parseWebhookCredential({ webhookAuthentication: 'apiKey', webhookApiKey });

/** A credential that can be changed, and calls that have an API key. */
function trigger(key: string | undefined, stored: WebhookCredential | undefined = withKey('old')) {
	const state: { stored: WebhookCredential | undefined; reads: number } = { stored, reads: 0 };
	const call = async (apiKey: string, now = NOW) => {
		const { status } = await handleWithCredential(key, {
			load: async () => {
				state.reads++;
				return state.stored;
			},
			handle: (credential) => ({ status: credential?.webhookApiKey === apiKey ? 200 : 401 }),
			now,
		});
		return status;
	};
	return { state, call };
}

it('reads a credential once in ten seconds', async () => {
	const { state, call } = trigger('once');
	for (const now of [NOW, NOW + 1, NOW + 9999]) expect(await call('old', now)).toBe(200);
	expect(state.reads).toBe(1);
	await call('old', NOW + 10_000);
	expect(state.reads).toBe(2);
});

it('accepts a new secret at once, and then rejects the old one', async () => {
	const { state, call } = trigger('changed');
	await call('old');
	state.stored = withKey('new');
	expect(await call('new', NOW + 1)).toBe(200);
	expect(await call('old', NOW + 2)).toBe(401);
});

it('accepts an old secret for ten seconds at most', async () => {
	const { state, call } = trigger('rotated');
	await call('old');
	state.stored = withKey('new');
	expect(await call('old', NOW + 9999)).toBe(200);
	expect(await call('old', NOW + 10_000)).toBe(401);
});

it('rejects a wrong secret, and replaces an old credential because of it', async () => {
	const { state, call } = trigger('wrong');
	await call('old');
	state.stored = withKey('new');
	expect(await call('wrong', NOW + 1)).toBe(401);
	expect(await call('old', NOW + 2)).toBe(401);
});

it('rejects every call and forgets the old credential if reading it fails', async () => {
	const { state, call } = trigger('unreadable');
	await call('old');
	state.stored = undefined;
	expect(await call('old', NOW + 10_000)).toBe(401);
	expect(await call('old', NOW + 10_001)).toBe(401);
	expect(state.reads).toBe(3);
});

it('forgets the old credential at once if reading it fails after a wrong secret', async () => {
	const { state, call } = trigger('withdrawn');
	await call('old');
	state.stored = undefined;
	expect(await call('wrong', NOW + 1)).toBe(401);
	expect(await call('old', NOW + 2)).toBe(401);
});

it('has one entry for each trigger, and none without a key', async () => {
	const one = trigger('one');
	await one.call('old');
	const other = trigger('other', withKey('other'));
	expect([await other.call('old'), await other.call('other')]).toEqual([401, 200]);
	const uncached = trigger(undefined);
	await uncached.call('old');
	await uncached.call('old');
	expect(uncached.state.reads).toBe(2);
});

it('evicts expired entries of all triggers with each call', async () => {
	await trigger('forgotten').call('old', NOW + 100_000);
	await trigger('called', withKey('other')).call('other', NOW + 200_000);
	expect(cachedCredentials()).toBe(1);
});
