import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { requestDownloadLink } from '../api/attachments';
import type { TalkdeskClient } from '../api/client';
import { getFile } from '../api/storage';
import { FileRefused, guard, refusalOf, type FilePolicy } from './policy';

/**
 * Fetches the file of an attachment as a stream into n8n's storage for files.
 *
 * @param attachment name and type are what n8n knows the file by
 * @throws FileRefused where the policy forbids the file, before its bytes move or while they do; TalkdeskApiError
 */
export async function downloadFile(
	{ client, functions }: { client: TalkdeskClient; functions: IExecuteFunctions },
	attachment: { id: string; name: string; type?: string; size?: number },
	{ policy, timeout }: { policy: FilePolicy; timeout?: number },
): Promise<IBinaryData> {
	const type = attachment.type ?? 'application/octet-stream';
	const early = refusalOf({ type, size: attachment.size }, policy);
	if (early) throw new FileRefused(early);

	const { url } = await requestDownloadLink(client, attachment.id, { timeout });
	const { stream, size } = await getFile(functions, url);
	const late = refusalOf({ type, size }, policy);
	if (late) {
		stream.destroy();
		throw new FileRefused(late);
	}
	return await functions.helpers.prepareBinaryData(
		guard(stream, type, policy),
		attachment.name,
		type,
	);
}
