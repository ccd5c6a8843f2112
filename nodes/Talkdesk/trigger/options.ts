import type { IExecuteFunctions } from 'n8n-workflow';
import type { z } from 'zod';

import { filePolicyOf, filePolicyOptions } from '../files/policyOptions';
import { option, optionsProperty as propertyOf } from '../parameters/options';
import { flag } from '../parameters/schemas';
import type { TriggerOptions } from './executeTrigger';
import { asObject } from './event/objectKeys';

const shownForDownloads = { show: { downloadAttachments: [true] } };
const ifDownloading = <Option extends { property: object }>(declared: Option): Option => ({
	...declared,
	property: { ...declared.property, displayOptions: shownForDownloads },
});

const { allowedMimeTypes, checkSignature, maxFileSize } = filePolicyOptions;

const triggerOptions = {
	downloadAttachments: option(
		{
			displayName: 'Download Attachments',
			name: 'downloadAttachments',
			type: 'boolean',
			default: false,
			description:
				'Whether to download the files of a message into the fields attachment_0, attachment_1, and so on',
		},
		flag,
	),
	findSession: option(
		{
			displayName: 'Find Session',
			name: 'findSession',
			type: 'boolean',
			default: true,
			description:
				'Whether to add sessionId and sessionData of the conversation, as given to Conversation: Start. Takes no time until a conversation is started with a Session ID.',
		},
		flag,
	),
	includeBodyShape: option(
		{
			displayName: 'Include Body Shape',
			name: 'includeBodyShape',
			type: 'boolean',
			default: false,
			description:
				"Whether to add the shape of Talkdesk's call as bodyShape: names and types without any text, safe to share in a report",
		},
		flag,
	),
	ignoreDuplicates: option(
		{
			displayName: 'Ignore Duplicates',
			name: 'ignoreDuplicates',
			type: 'boolean',
			default: true,
			description:
				'Whether to drop events that Talkdesk sends repeatedly. The node remembers the last 2,000 events. Events with neither a message ID nor a time, and all events during tests, count as new.',
		},
		flag,
	),
	onlyAgentMessages: option(
		{
			displayName: 'Only Agent Messages',
			name: 'onlyAgentMessages',
			type: 'boolean',
			default: false,
			description:
				'Whether to drop messages that are known to come from the customer, a bot, a flow or the system, including those sent with the Talkdesk node. Messages from unknown authors are kept. The output has the kind of author in author.kind.',
		},
		flag,
	),
	allowedMimeTypes: ifDownloading(allowedMimeTypes),
	checkSignature: ifDownloading(checkSignature),
	maxFileSize: ifDownloading(maxFileSize),
};

export const optionsProperty = propertyOf(triggerOptions);

type Name = keyof typeof triggerOptions;
type Value<N extends Name> = z.output<(typeof triggerOptions)[N]['schema']>;

/** The value of an option, or a sentence for the user if it is invalid. */
function readOption<N extends Name>(
	options: unknown,
	name: N,
): { value: Value<N> } | { problem: string } {
	const { property, schema } = triggerOptions[name];
	const parsed = schema.safeParse(asObject(options)?.[name]);
	if (parsed.success) return { value: parsed.data };
	return {
		problem: `The option '${property.displayName}' ${parsed.error.issues[0]?.message ?? 'is invalid'}.`,
	};
}

/**
 * The unchecked options; none if an expression in them fails.
 *
 * @param read reads the parameter `options`
 * @param warn called with a sentence for the user if `read` throws
 */
export function readOptionsSafely(read: () => unknown, warn: (problem: string) => void): unknown {
	try {
		return read();
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		warn(`The options cannot be read, so the defaults apply: ${reason}`);
		return {};
	}
}

type Switch =
	| 'downloadAttachments'
	| 'findSession'
	| 'ignoreDuplicates'
	| 'includeBodyShape'
	| 'onlyAgentMessages';

/** Whether an option is on. An invalid value counts as not set; the execution reports it. */
export function isEnabled(options: unknown, name: Switch): boolean {
	const read = readOption(options, name);
	const byDefault = triggerOptions[name].property.default === true;
	return 'value' in read ? (read.value ?? byDefault) : byDefault;
}

/**
 * The options of the trigger. Never throws: an event would be lost, or end up on the first output (docs/decisions/0019).
 *
 * @returns invalid values as `problems`. If a file limit is invalid, no file is accepted.
 */
export function readTriggerOptions(functions: IExecuteFunctions): TriggerOptions {
	const problems: string[] = [];
	const options = readOptionsSafely(
		() => functions.getNodeParameter('options', 0, {}),
		(problem) => problems.push(problem),
	);
	const problemsOf = (...names: Name[]) =>
		names.flatMap((name) => {
			const read = readOption(options, name);
			return 'problem' in read ? [read.problem] : [];
		});
	const types = readOption(options, 'allowedMimeTypes');
	const signature = readOption(options, 'checkSignature');
	const size = readOption(options, 'maxFileSize');
	const wrongLimits = problemsOf('allowedMimeTypes', 'checkSignature', 'maxFileSize');
	problems.push(
		...problemsOf(
			'downloadAttachments',
			'findSession',
			'ignoreDuplicates',
			'includeBodyShape',
			'onlyAgentMessages',
		),
		...wrongLimits,
	);
	return {
		downloadAttachments: isEnabled(options, 'downloadAttachments'),
		findSession: isEnabled(options, 'findSession'),
		ignoreDuplicates: isEnabled(options, 'ignoreDuplicates'),
		includeBodyShape: isEnabled(options, 'includeBodyShape'),
		policy:
			'value' in types && 'value' in signature && 'value' in size
				? filePolicyOf({
						allowedMimeTypes: types.value,
						checkSignature: signature.value,
						maxFileSize: size.value,
					})
				: { problem: wrongLimits.join(' ') },
		problems,
	};
}
