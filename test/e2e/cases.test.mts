import { environment } from '../support/environmentFixture.mts';
import { createSingleNodeWorkflow } from '../support/singleNodeWorkflow.mts';
import { errorOf, itemsOf } from '../tools/n8n/workflows.mts';

const ROUTE = 'POST /api/cm/core/va/cases';
const CREATE = {
	resource: 'case',
	operation: 'create',
	title: 'Teapot',
	description: 'It has a crack',
};

afterEach(() => environment.talkdesk.configure({ faults: () => undefined }));

/** Creates a workflow of a Manual Trigger and the Talkdesk node. @returns its id */
const newWorkflow = async (parameters: object, settings: object = {}) =>
	await createSingleNodeWorkflow(environment.n8n.api, {
		name: 'Talkdesk',
		type: 'n8n-nodes-talkdesk.talkdesk',
		typeVersion: 1,
		parameters: { ...CREATE, ...parameters },
		credentials: { talkdeskOAuth2Api: environment.credential },
		...settings,
	});
const run = async (parameters: object, settings?: object) =>
	await environment.n8n.api.run(await newWorkflow(parameters, settings));
const requests = () => environment.talkdesk.counts().routes[ROUTE] ?? 0;

it('a transcript of 200 messages arrives whole in a case', async () => {
	const messages = `={{ Array.from({ length: 200 }, (_, n) => ({
		role: n % 2 ? 'assistant' : 'user',
		content: 'Message ' + n + ' of this long chat about a teapot with a crack',
		created_at: new Date(Date.UTC(2026, 0, 1, 8, n)).toISOString(),
	})) }}`;
	const execution = await run({
		transcriptSource: 'json',
		transcript: messages,
		options: { priority: 'HIGH', requesterEmail: 'ann@example.com' },
	});
	expect(errorOf(execution)).toBeUndefined();
	const [item] = itemsOf(execution, 'Talkdesk');
	expect(item?.json).toMatchObject({ transcriptMessages: 200, priority: 'HIGH' });
	const created = environment.talkdesk.cases().find(({ id }) => id === item?.json.id);
	const lines = created?.notes[0]?.note_body?.split('\n') ?? [];
	expect(lines).toEqual(
		Array.from({ length: 200 }, (_, n) => {
			const time = new Date(Date.UTC(2026, 0, 1, 8, n))
				.toISOString()
				.slice(0, 16)
				.replace('T', ' ');
			const words = `Message ${n} of this long chat about a teapot with a crack`;
			return `${n % 2 ? 'Bot' : 'Customer'} (${time} UTC): ${words}`;
		}),
	);
}, 60_000);

it('n8n repeats a case neither with Retry On Fail nor by itself after a lost answer', async () => {
	const before = environment.talkdesk.cases().length;
	const requested = requests();
	environment.talkdesk.configure({
		faults: ({ route }) => (route === ROUTE ? { kind: 'cut', when: 'after' } : undefined),
	});
	const execution = await run({}, { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 });
	expect(errorOf(execution)).toContain('Talkdesk could not create the case');
	expect(JSON.stringify(execution)).toContain('The request may have succeeded');
	expect(requests()).toBe(requested + 1);
	expect(environment.talkdesk.cases()).toHaveLength(before + 1);
}, 60_000);
