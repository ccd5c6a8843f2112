import type { IWebhookDescription, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../api/settings';
import { parseWebhookCredential } from './authentication/verify';
import { EVENTS } from './event/parse';
import { claimEvents } from '../deduplication/claimEvents';
import { handleWithCredential } from './authentication/credentialCache';
import { noteCall } from './callOrder';
import { isEnabled, readOptionsSafely } from './options';
import { parkedWebhook, wakeParked } from '../waiting/park';
import { noteWebhook } from '../sessions/processRole';
import { countRejection } from './authentication/rejectionLog';
import type { Headers } from './authentication/compareSecrets';
import {
	ignore,
	bodySize,
	handleRequest,
	type WebhookRequest,
	type WebhookResponse,
} from './handleRequest';
import { handleTokenRequest } from './authentication/tokenEndpoint';

/**
 * One static path per action: Talkdesk calls base path + relative path. The first entry is the base path itself, the one URL
 * that users copy into Talkdesk, so the panel shows only that. It works like `/events`: the body names the event.
 *
 * Why neither expressions nor a dynamic path: docs/decisions.
 */
export const webhooks: IWebhookDescription[] = [
	...['', 'events', ...EVENTS].map((path) => ({
		name: 'default' as const,
		httpMethod: 'POST',
		responseMode: 'onReceived',
		// Empty, not left out: n8n would answer with the name of the default instead of our JSON.
		responseData: '',
		path,
		// An empty full path is the webhook's ID; n8n appends any other path to it.
		isFullPath: path === '',
		ndvHideMethod: true,
		ndvHideUrl: path !== '',
	})),
	// The token endpoint of the mode `oAuth2`.
	{
		name: 'setup',
		httpMethod: 'POST',
		responseMode: 'onReceived',
		path: 'oauth/token',
		ndvHideMethod: true,
		ndvHideUrl: true,
	},
	parkedWebhook,
];

/**
 * Answers a webhook call. Rejected and ignored calls are answered here and start no execution: n8n would turn an error into a
 * 500 and a failed execution. An accepted event is answered by n8n once it has stored the execution
 * (`shouldDeferOnReceivedResponse` in its webhook-helpers), so an acknowledged event can't get lost any more.
 */
export async function webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	noteWebhook();
	const woken = wakeParked(this);
	if (woken) return woken;
	const { name, id, webhookId, credentials } = this.getNode();
	const isTest = this.getMode() === 'manual';
	const isTokenRequest = this.getWebhookName() === 'setup';
	const request = this.getRequestObject();
	const headers: Headers = this.getHeaderData();
	const options = readOptionsSafely(
		() => this.getNodeParameter('options', {}),
		(problem) => this.logger.error(`${name}: ${problem}`),
	);
	const call: Omit<WebhookRequest, 'credential'> = {
		headers,
		path: request.path,
		body: this.getBodyData(),
		rawBody: request.rawBody,
		bytes: bodySize(request.rawBody, headers),
		events: this.getNodeParameter('events'),
		onlyAgentMessages: isEnabled(options, 'onlyAgentMessages'),
		audience: webhookId ?? id,
		now: Date.now(),
	};
	const trigger = `${this.getWorkflow().id}/${id}`;
	const credentialId = credentials?.[CREDENTIAL_TYPE]?.id;
	const canCache = !isTest && !isTokenRequest && credentialId;
	const result = await handleWithCredential<WebhookResponse>(
		canCache ? `${trigger}/${credentialId}` : undefined,
		{
			load: async () =>
				await this.getCredentials(CREDENTIAL_TYPE).then(
					parseWebhookCredential,
					(error: unknown) => {
						this.logger.error(`${name}: the credential can't be read. ${String(error)}`);
						return undefined;
					},
				),
			handle: (credential = parseWebhookCredential(undefined)) => {
				const request = { ...call, credential };
				return isTokenRequest ? handleTokenRequest(request) : handleRequest(request);
			},
			now: call.now,
		},
	);
	const { status, body, events = [], warning, rejection } = result;
	if (warning) this.logger.warn(`${name}: ${warning}`);
	const others = rejection === undefined ? undefined : countRejection(trigger, call.now);
	if (others !== undefined) {
		const more = others > 0 ? ` ${others} more since the last such line.` : '';
		this.logger.warn(`${name}: A call was rejected with 401. ${rejection}${more}`);
	}
	const response = this.getResponseObject();
	if (events.length === 0) {
		response
			.status(status)
			.set(result.headers ?? {})
			.json(body);
		return { noWebhookResponse: true };
	}
	const isChecked = !isTest && isEnabled(options, 'ignoreDuplicates');
	const fresh = isChecked
		? await claimEvents(
				events,
				({ eventId }) => eventId && `${trigger}/${eventId}`,
				response,
				call.now,
			)
		: events;
	if (fresh.length > 0) {
		return {
			webhookResponse: body,
			workflowData: [
				fresh.map((event) => ({
					json: { ...event, callOrder: noteCall(trigger, event, call.now) },
				})),
			],
		};
	}
	response.status(status).json(ignore('It came before.').body);
	return { noWebhookResponse: true };
}
