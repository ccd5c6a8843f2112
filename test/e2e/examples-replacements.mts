import type { WorkflowNode } from '../tools/n8n/schemas.mts';
import type { ExampleWorkflow } from './examples.mts';

/**
 * What is replaced in the examples of WhatsApp and Slack, and why: n8n's nodes call graph.facebook.com and slack.com, and that can't
 * be changed in a node or a credential. Everything else of these examples is unchanged, and the nodes keep their names, so that
 * every expression that refers to them is tested.
 *
 * WhatsApp
 * - "WhatsApp Trigger" subscribes at graph.facebook.com when the workflow is published: a Webhook takes the calls, and a Code node
 *   with the trigger's name puts out what the trigger does, the `value` of each change and its `field`, without status reports.
 * - "Download media": an HTTP Request for what the node asks for. The download itself, "Fetch the file", is the example's own.
 * - HTTP Requests of the example's own go to the stand-in.
 *
 * Slack (its trigger is unchanged: it verifies Slack's signature and fetches files, and makes no other request)
 * - "Send a message": an HTTP Request with the body that the node makes.
 * - "Upload a file": an HTTP Request with the bytes. The node needs three requests.
 * - "Get a user": an HTTP Request that is answered without Slack's envelope, as the node puts it out.
 */

/** What a parameter holds, as JavaScript: `=+{{ $json.phone }}` is `"+" + ($json.phone)`. */
function code(value: unknown): string {
	const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
	if (!text.startsWith('=')) return JSON.stringify(text);
	const [before = '', expression = '""', after = ''] = text.slice(1).split(/\{\{([\s\S]*)\}\}/);
	return [JSON.stringify(before), `(${expression.trim()})`, JSON.stringify(after)].join(' + ');
}

/** The value of a resource locator. */
function located(value: unknown): unknown {
	return typeof value === 'object' && value !== null && 'value' in value ? value.value : undefined;
}

const FILE_NAME = '={{ Object.values($binary)[0].fileName }}';

function httpRequest(
	node: WorkflowNode,
	credentialType: string,
	parameters: Record<string, unknown>,
): WorkflowNode {
	return {
		...node,
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		parameters: {
			authentication: 'predefinedCredentialType',
			nodeCredentialType: credentialType,
			options: {},
			...parameters,
		},
	};
}

const jsonBody = (text: string) => ({
	method: 'POST',
	sendBody: true,
	specifyBody: 'json',
	jsonBody: `={{ ${text} }}`,
});

const bytes = (inputDataFieldName: unknown, query: Record<string, unknown>) => ({
	method: 'POST',
	sendQuery: true,
	queryParameters: { parameters: Object.entries(query).map(([name, value]) => ({ name, value })) },
	sendBody: true,
	contentType: 'binaryData',
	inputDataFieldName,
});

const WHATSAPP_TRIGGER = `return $input.first().json.body.entry
	.flatMap(({ changes }) => changes)
	.map(({ value, field }) => ({ json: { ...value, field } }))
	.filter(({ json }) => !json.statuses);`;

/** Puts each node through a replacement. */
function replace(
	example: ExampleWorkflow,
	replacement: (node: WorkflowNode) => WorkflowNode | undefined,
): void {
	example.nodes = example.nodes.map((node) => replacement(node) ?? node);
}

/** @param url of the stand-in */
export function withoutWhatsApp(example: ExampleWorkflow, url: string): void {
	const type = 'whatsAppApi';
	replace(example, (node) => {
		const { parameters } = node;
		if (node.type === 'n8n-nodes-base.whatsAppTrigger') {
			return {
				...node,
				type: 'n8n-nodes-base.code',
				typeVersion: 2,
				parameters: { jsCode: WHATSAPP_TRIGGER },
			};
		}
		if (node.type === 'n8n-nodes-base.httpRequest') {
			const replaced = String(parameters.url).replace('https://graph.facebook.com', url);
			return { ...node, parameters: { ...parameters, url: replaced } };
		}
		if (node.type !== 'n8n-nodes-base.whatsApp') return undefined;
		return httpRequest(node, type, { url: `={{ '${url}/' + ${code(parameters.mediaGetId)} }}` });
	});
	example.nodes.push({
		name: 'Called by the stand-in',
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		position: [-220, 0],
		webhookId: '5f0d3c52-3f4e-4c64-9c1e-0a9f5f3f7a11',
		parameters: { httpMethod: 'POST', path: 'whatsapp-stand-in', options: {} },
	});
	example.connections['Called by the stand-in'] = {
		main: [[{ node: 'WhatsApp Trigger', type: 'main', index: 0 }]],
	};
}

/** @param url of the stand-in */
export function withoutSlack(example: ExampleWorkflow, url: string): void {
	const type = 'slackApi';
	replace(example, (node) => {
		const { parameters } = node;
		if (node.type !== 'n8n-nodes-base.slack') return undefined;
		if (parameters.resource === 'user') {
			return httpRequest(node, type, {
				url: `={{ '${url}/users/' + ${code(located(parameters.user))} }}`,
			});
		}
		if (parameters.resource === 'file') {
			const { options } = parameters;
			const channel =
				typeof options === 'object' && options !== null && 'channelId' in options
					? options.channelId
					: undefined;
			return httpRequest(node, type, {
				url: `${url}/files`,
				...bytes(parameters.binaryPropertyName, { channel, filename: FILE_NAME }),
			});
		}
		return httpRequest(node, type, {
			url: `${url}/api/chat.postMessage`,
			...jsonBody(
				`{ channel: ${code(located(parameters.channelId))}, text: ${code(parameters.text)} }`,
			),
		});
	});
}
