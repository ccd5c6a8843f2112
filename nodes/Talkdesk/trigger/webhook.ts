import type {
	IDataObject,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../api/client';
import { isAuthentic } from './authenticate';
import { EVENTS, readEvent } from './events';

/**
 * One static path per action. Talkdesk calls base path + relative path; the first entry is the base path itself, the one
 * URL that a user copies into Talkdesk, so it is the only one the panel shows. It takes calls like `/events` does: what
 * happened is then read from the body.
 *
 * A dynamic path (`:event`) would do with one entry, but n8n's table of webhooks is keyed by path and method: the second
 * trigger on an instance would never be registered.
 */
export const webhooks: IWebhookDescription[] = [
	'',
	'/events',
	...EVENTS.map((event) => `/${event}`),
].map((path) => ({
	name: 'default',
	httpMethod: 'POST',
	responseMode: 'onReceived',
	path: `={{$webhookId}}${path}`,
	isFullPath: true,
	ndvHideMethod: true,
	ndvHideUrl: path !== '',
}));

/**
 * Takes a call: checks who calls, reads the event, answers in JSON and starts the execution. Anything slow belongs
 * into `execute()`: Talkdesk waits for the answer.
 *
 * Refusals are answered here and start no execution. n8n would turn an error into a 500 and a failed execution.
 */
export async function webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	const response = this.getResponseObject();
	const answer = (status: number, body: IDataObject): IWebhookResponseData => {
		response.status(status).json(body);
		return { noWebhookResponse: true };
	};

	const credential = await this.getCredentials(CREDENTIAL_TYPE);
	if (!isAuthentic(credential, this.getHeaderData())) {
		return answer(401, { error: 'unauthorized' });
	}

	const action = this.getRequestObject().path.split('/').pop() ?? '';
	const result = readEvent(action, this.getBodyData(), Date.now());
	if (!result.ok) {
		if (result.reason === 'invalid') return answer(400, { error: result.problem });
		// Talkdesk would only mark the call as failed; whoever runs n8n is the one who can mend it.
		this.logger.warn(`Talkdesk Trigger: a call was not understood. ${result.problem}`, {
			fields: Object.keys(this.getBodyData()),
		});
		return answer(200, { received: true, ignored: result.problem });
	}

	const { event } = result;
	const chosen = this.getNodeParameter('events', EVENTS);
	if (!Array.isArray(chosen) || !chosen.includes(event.event)) {
		return answer(200, {
			received: true,
			ignored: `The workflow does not listen to ${event.event}.`,
		});
	}
	return {
		...answer(200, { received: true }),
		workflowData: [[{ json: { ...event } }]],
	};
}
