import type { IExecuteFunctions } from 'n8n-workflow';

import type { TalkdeskClient } from '../api/client';

/** What a file transfer needs: requests to Talkdesk, and n8n's HTTP and file helpers. */
export interface TransferContext {
	client: TalkdeskClient;
	functions: IExecuteFunctions;
}
