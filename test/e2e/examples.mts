import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

import { PROJECT_FOLDER } from '../tools/n8n/pack.mts';
import { workflowSchema, type WorkflowNode } from '../tools/n8n/schemas.mts';
import type { CredentialChoice } from '../tools/n8n/workflows.mts';
import { startEnvironment, type Environment } from '../tools/demo/environment.mts';

export type ExampleWorkflow = z.output<typeof workflowSchema>;

export interface AddedExample {
	workflowId: string;
	/** The production URL of a node's webhook, with `…/webhook` if the node has that in its path. */
	webhookUrlOf(node: string, suffix?: string): string;
}

/** One n8n and one simulator for several examples. Each has its own touchpoint, named like the example. */
export interface ExamplesEnvironment extends Environment {
	/**
	 * Sets an example up as a user does, and gives it a touchpoint. Requests for https://chat.example.com go to the chat of the
	 * environment.
	 *
	 * @param options.credentials besides Talkdesk's
	 * @param options.adapt further changes, made to a copy
	 */
	add(
		name: string,
		options?: {
			credentials?: CredentialChoice;
			adapt?: (example: ExampleWorkflow) => void;
		},
	): Promise<AddedExample>;
	/** Waits for a conversation of a touchpoint. @returns the newest match */
	conversationIn(touchpointId: string, fits?: (start: Start) => boolean): Promise<string>;
	/** The texts of the customer in a conversation. */
	saidIn(conversationId: string): string[];
	/** Lets the agent end a conversation without an event for n8n. */
	endsSilently(conversationId: string): Promise<void>;
	/** The unfinished executions of a workflow. */
	underWay(workflowId: string): Promise<string[]>;
	/**
	 * The one execution of a workflow that waits, as soon as the others are over, such as those of the trigger.
	 *
	 * @param before executions that were under way already
	 */
	theOneThatWaits(workflowId: string, before?: string[]): Promise<string>;
	/** Waits until there are none. */
	quiet(workflowId: string): Promise<void>;
	/** Waits until all events of a conversation have been dispatched, and every execution has ended or waits. */
	settled(workflowId: string, conversationId: string): Promise<void>;
	/** The failed executions of a workflow. */
	failedIn(workflowId: string): Promise<string[]>;
}

type Start = ReturnType<Environment['talkdesk']['conversations']>[number]['start'];

const TYPE = 'talkdeskOAuth2Api';
const CHAT = 'https://chat.example.com/messages';
const CHAT_FILES = 'https://chat.example.com/files';
const TIMEOUT_MS = 30_000;
const AT_WORK = ['new', 'running', 'unknown'];
const UNFINISHED = [...AT_WORK, 'waiting'];

const FOLDER = path.join(PROJECT_FOLDER, 'examples');

/** The names of all examples, sorted. */
export const exampleNames = fs
	.readdirSync(FOLDER)
	.filter((file) => file.endsWith('.json'))
	.map((file) => path.basename(file, '.json'));

/** The file of an example. */
export const exampleText = (name: string): string =>
	fs.readFileSync(path.join(FOLDER, `${name}.json`), 'utf8');

/** An example of the repository. */
export const readExample = (name: string): ExampleWorkflow =>
	workflowSchema.parse(JSON.parse(exampleText(name)));

/** A node of an example. @throws if there is none of this name */
export function nodeOf({ nodes }: ExampleWorkflow, name: string): WorkflowNode {
	const node = nodes.find((each) => each.name === name);
	if (!node) throw new Error(`The example has no node "${name}".`);
	return node;
}

/** Changes for how many minutes the example's *Send and Wait for Reply* waits. @throws if there is no such node */
export function setWaitLimit({ nodes }: ExampleWorkflow, minutes: string | number) {
	const wait = nodes.find(isWaiting);
	if (!wait) throw new Error('The example has no node that waits.');
	wait.parameters.options = {
		limitWaitTime: {
			values: { limitType: 'afterTimeInterval', resumeAmount: minutes, resumeUnit: 'minutes' },
		},
	};
}

/** Whether a node is *Send and Wait for Reply*. */
const isWaiting = ({ parameters }: WorkflowNode) => parameters.operation === 'sendAndWaitForReply';

/** Builds the environment. The package must be built. */
export async function startExamplesEnvironment(): Promise<ExamplesEnvironment> {
	const environment = await startEnvironment();
	const { talkdesk, n8n, credentialData, chat } = environment;
	const authentication = { type: 'apiKey' as const, key: credentialData.webhookApiKey ?? '' };
	const basePaths = new Map([['local-touchpoint', environment.basePath]]);

	const configure = (isConnected: boolean) =>
		talkdesk.configure({
			touchpoints: [...basePaths].map(([id, basePath]) => ({
				id,
				...(isConnected && { integration: { basePath, authentication } }),
			})),
		});

	const executionsWith = async (workflowId: string, statuses: string[]) =>
		(await n8n.api.executions({ workflowId }))
			.filter(({ status }) => statuses.includes(status))
			.map(({ id }) => id);
	const waitUntilNone = async (workflowId: string, statuses: string[]) => {
		const end = Date.now() + TIMEOUT_MS;
		for (;;) {
			const ids = await executionsWith(workflowId, statuses);
			if (ids.length === 0) return;
			if (Date.now() > end) throw new Error(`Still at work: ${ids.join(', ')}`);
			await sleep(100);
		}
	};

	return {
		...environment,
		async add(name, { credentials = {}, adapt } = {}) {
			const example = readExample(name);
			for (const { parameters } of example.nodes) {
				if (parameters.url === CHAT) parameters.url = chat.messagesUrl;
				if (parameters.url === CHAT_FILES) parameters.url = chat.filesUrl;
			}
			adapt?.(example);
			// A user chooses these in the HTTP Request node.
			for (const node of example.nodes) {
				const type = String(node.parameters.nodeCredentialType);
				const chosen = credentials[type];
				if (chosen) node.credentials = { ...node.credentials, [type]: chosen };
			}
			const talkdeskCredential = await n8n.api.createCredential(`Talkdesk for ${name}`, TYPE, {
				...credentialData,
				touchpointId: name,
			});
			const { id } = await n8n.api.importWorkflow(example, {
				credentials: { ...credentials, [TYPE]: talkdeskCredential },
			});
			basePaths.set(
				name,
				`${n8n.webhookUrl}/${nodeOf(example, 'Talkdesk Trigger').webhookId ?? ''}`,
			);
			configure(true);
			await n8n.api.activate(id);
			return {
				workflowId: id,
				webhookUrlOf: (node, suffix = '') => {
					const { webhookId, parameters } = nodeOf(example, node);
					return `${n8n.webhookUrl}/${String(parameters.path ?? webhookId)}${suffix}`;
				},
			};
		},
		async conversationIn(touchpointId, fits = () => true) {
			const { id } = await talkdesk.waitFor(
				() =>
					talkdesk
						.conversations()
						.findLast(({ start }) => start.touchpoint_id === touchpointId && fits(start)),
				{ what: `a conversation in ${touchpointId}`, timeoutMs: TIMEOUT_MS },
			);
			return id;
		},
		saidIn: (id) =>
			(talkdesk.conversation(id)?.messages ?? [])
				.filter(({ from }) => from === 'customer')
				.map(({ content }) => content ?? ''),
		async endsSilently(id) {
			configure(false);
			try {
				await talkdesk.agent.end(id);
			} finally {
				configure(true);
			}
		},
		underWay: async (workflowId) => await executionsWith(workflowId, UNFINISHED),
		async theOneThatWaits(workflowId, before = []) {
			const begun = async () =>
				(await executionsWith(workflowId, UNFINISHED)).filter((id) => !before.includes(id));
			let ids = await begun();
			for (const end = Date.now() + TIMEOUT_MS; ids.length !== 1 && Date.now() < end; ) {
				await sleep(200);
				ids = await begun();
			}
			const [id = ''] = ids;
			if (ids.length !== 1) throw new Error(`One execution was to wait, not ${ids.join(', ')}`);
			return id;
		},
		quiet: async (workflowId) => await waitUntilNone(workflowId, UNFINISHED),
		async settled(workflowId, conversationId) {
			const eventsOf = () =>
				talkdesk.transcripts().find((each) => each.conversationId === conversationId)?.events;
			await talkdesk.waitFor(() => eventsOf()?.every(({ calls }) => calls.length > 0), {
				what: `the events of ${conversationId} to be dispatched`,
				timeoutMs: TIMEOUT_MS,
			});
			await waitUntilNone(workflowId, AT_WORK);
		},
		failedIn: async (workflowId) => await executionsWith(workflowId, ['error', 'crashed']),
	};
}
