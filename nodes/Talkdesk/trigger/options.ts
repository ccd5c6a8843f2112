import type { IExecuteFunctions } from 'n8n-workflow';
import type { z } from 'zod';

import { filePolicyOf, filePolicyOptions } from '../files/policyOptions';
import { option, optionsProperty as propertyOf } from '../parameters/options';
import { flag } from '../parameters/schemas';
import type { TriggerOptions } from './execute';
import { asObject } from './event/objectKeys';

const shownForDownloads = { show: { downloadAttachments: [true] } };
const shown = <Option extends { property: object }>(declared: Option): Option => ({
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
				'Whether to put the files of a message into the item, as attachment_0, attachment_1, and so on',
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
				'Whether to add sessionId and sessionData of the conversation, as given to Conversation: Start. Costs nothing until a conversation was started with a Session ID.',
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
				'Whether to leave out events that Talkdesk has sent before. The last 2,000 are remembered. An event with neither a message ID nor a time always counts as new, and so does every event while you test.',
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
				'Whether to leave out messages that are known to be by somebody else than a human agent: by the customer, also those that this integration has sent for him, and by bots, flows and the system. A message by an unknown author is kept. In the output, author.kind tells them apart.',
		},
		flag,
	),
	allowedMimeTypes: shown(allowedMimeTypes),
	checkSignature: shown(checkSignature),
	maxFileSize: shown(maxFileSize),
};

export const optionsProperty = propertyOf(triggerOptions);

type Name = keyof typeof triggerOptions;
type Value<N extends Name> = z.output<(typeof triggerOptions)[N]['schema']>;

/** The value of an option, or what is wrong with it, for the user. */
function readOption<N extends Name>(
	options: unknown,
	name: N,
): { value: Value<N> } | { problem: string } {
	const { property, schema } = triggerOptions[name];
	const parsed = schema.safeParse(asObject(options)?.[name]);
	if (parsed.success) return { value: parsed.data };
	return { problem: `The option ${property.displayName} ${parsed.error.issues[0]?.message}.` };
}

/**
 * The options as n8n gives them.
 *
 * @param tell is told what is wrong when an expression in them can't be evaluated; then none of them is set
 */
export function readOptionsSafely(give: () => unknown, tell: (problem: string) => void): unknown {
	try {
		return give();
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		tell(`The options can't be read, and none of them counts: ${reason}`);
		return {};
	}
}

type Switch =
	| 'downloadAttachments'
	| 'findSession'
	| 'ignoreDuplicates'
	| 'includeBodyShape'
	| 'onlyAgentMessages';

/** Whether an option is on. A wrong value counts as none: the execution tells of it. */
export function isEnabled(options: unknown, name: Switch): boolean {
	const read = readOption(options, name);
	const byDefault = triggerOptions[name].property.default === true;
	return 'value' in read ? (read.value ?? byDefault) : byDefault;
}

/**
 * Reads the options of the trigger. A wrong value never costs an event: a node that fails as a whole loses it, or puts it on
 * its first output. It is reported instead, and if it limits which files may pass, none does.
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
