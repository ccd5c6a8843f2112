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

/** A credential that can be changed, and calls that show a key. */
function trigger(key: string | undefined, stored: WebhookCredential | undefined = withKey('old')) {
	const state: { stored: WebhookCredential | undefined; reads: number } = { stored, reads: 0 };
	const call = async (shown: string, now = NOW) => {
		const { status } = await handleWithCredential(key, {
			load: async () => {
				state.reads++;
				return state.stored;
			},
			handle: (credential) => ({ status: credential?.webhookApiKey === shown ? 200 : 401 }),
			now,
		});
		return status;
	};
	return { state, call };
}

it('is read once for ten seconds', async () => {
	const { state, call } = trigger('once');
	for (const now of [NOW, NOW + 1, NOW + 9999]) expect(await call('old', now)).toBe(200);
	expect(state.reads).toBe(1);
	await call('old', NOW + 10_000);
	expect(state.reads).toBe(2);
});

it('a new secret is good at once, and then the old one is not', async () => {
	const { state, call } = trigger('changed');
	await call('old');
	state.stored = withKey('new');
	expect(await call('new', NOW + 1)).toBe(200);
	expect(await call('old', NOW + 2)).toBe(401);
});

it('an old secret is good for ten seconds, and no longer', async () => {
	const { state, call } = trigger('rotated');
	await call('old');
	state.stored = withKey('new');
	expect(await call('old', NOW + 9999)).toBe(200);
	expect(await call('old', NOW + 10_000)).toBe(401);
});

it('a wrong secret is refused, and calls with it do not keep an old one alive', async () => {
	const { state, call } = trigger('wrong');
	await call('old');
	state.stored = withKey('new');
	expect(await call('wrong', NOW + 1)).toBe(401);
	expect(await call('old', NOW + 2)).toBe(401);
});

it('where it cannot be read, nobody is let in, and what was kept is gone', async () => {
	const { state, call } = trigger('unreadable');
	await call('old');
	state.stored = undefined;
	expect(await call('old', NOW + 10_000)).toBe(401);
	expect(await call('old', NOW + 10_001)).toBe(401);
	expect(state.reads).toBe(3);
});

it('each trigger has its own, and without a key nothing is kept', async () => {
	const one = trigger('one');
	await one.call('old');
	const other = trigger('other', withKey('other'));
	expect([await other.call('old'), await other.call('other')]).toEqual([401, 200]);
	const unkept = trigger(undefined);
	await unkept.call('old');
	await unkept.call('old');
	expect(unkept.state.reads).toBe(2);
});

it('secrets of triggers that nobody calls leave the memory with the next call of any trigger', async () => {
	await trigger('forgotten').call('old', NOW + 100_000);
	await trigger('called', withKey('other')).call('other', NOW + 200_000);
	expect(cachedCredentials()).toBe(1);
});
