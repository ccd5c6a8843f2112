import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { filePolicyProperties, readFilePolicy } from '../files/options';
import type { TriggerOptions } from './execute';
import { asObject } from './keys';

const whereFilesAreFetched = { show: { downloadAttachments: [true] } };

export const optionsProperty: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Download Attachments',
			name: 'downloadAttachments',
			type: 'boolean',
			default: false,
			description:
				'Whether to put the files of a message into the item, as attachment_0, attachment_1, and so on',
		},
		{
			displayName: 'Ignore Duplicates',
			name: 'ignoreDuplicates',
			type: 'boolean',
			default: true,
			description:
				'Whether to leave out events that Talkdesk has sent before. The last 2,000 are remembered. An event with neither a message ID nor a time always counts as new, and so does every event while you test.',
		},
		{
			displayName: 'Only Agent Messages',
			name: 'onlyAgentMessages',
			type: 'boolean',
			default: false,
			description:
				'Whether to leave out messages that are known to be by somebody else than a human agent: by the customer, also those that this integration has sent for him, and by bots, flows and the system. A message by an unknown author is kept. In the output, author.kind tells them apart.',
		},
		...filePolicyProperties.map((property) => ({
			...property,
			displayOptions: whereFilesAreFetched,
		})),
	],
};

const LABELS = {
	allowedMimeTypes: 'Allowed MIME Types',
	checkSignature: 'Check File Signature',
	downloadAttachments: 'Download Attachments',
	ignoreDuplicates: 'Ignore Duplicates',
	maxFileSize: 'Maximum File Size',
	onlyAgentMessages: 'Only Agent Messages',
} as const;
type Name = keyof typeof LABELS;

/** A wrong value; its problem is for the user. */
class WrongOption {
	readonly problem: string;

	constructor(
		readonly name: Name,
		wanted: string,
	) {
		this.problem = `The option ${LABELS[name]} has a wrong value: ${wanted} is wanted.`;
	}
}

/** The value of an option. An expression may give null or nothing: then the option isn't set. */
function valueOf(options: unknown, name: Name): unknown {
	const value = asObject(options)?.[name];
	return value === null || (typeof value === 'string' && value.trim() === '') ? undefined : value;
}

function readSwitch(options: unknown, name: Name): boolean | WrongOption | undefined {
	const value = valueOf(options, name);
	if (value === undefined || typeof value === 'boolean') return value;
	// What an expression with more than its braces gives is a text.
	const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
	if (word === 'true' || word === 'false') return word === 'true';
	return new WrongOption(name, 'true or false');
}

function readSize(options: unknown): number | WrongOption {
	const value = valueOf(options, 'maxFileSize') ?? 0;
	const size = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
	return size >= 0 && Number.isFinite(size)
		? size
		: new WrongOption('maxFileSize', 'a number of megabytes');
}

function readTypes(options: unknown): string | WrongOption {
	const value = valueOf(options, 'allowedMimeTypes') ?? '';
	return typeof value === 'string' ? value : new WrongOption('allowedMimeTypes', 'a text');
}

/**
 * The options as n8n gives them.
 *
 * @param tell is told what is wrong when an expression in them can't be evaluated; then none of them is set
 */
export function readOptions(give: () => unknown, tell: (problem: string) => void): unknown {
	try {
		return give();
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		tell(`The options can't be read, and none of them counts: ${reason}`);
		return {};
	}
}

/** Whether an option is on. A wrong value counts as none: the execution tells of it. */
export function isOn(options: unknown, name: Name, byDefault: boolean): boolean {
	const value = readSwitch(options, name);
	return typeof value === 'boolean' ? value : byDefault;
}

/**
 * Reads the options of the trigger. A wrong value never costs an event: a node that fails as a whole loses it, or puts it on
 * its first output. It is reported instead, and where it limits which files may pass, none does.
 */
export function readTriggerOptions(functions: IExecuteFunctions): TriggerOptions {
	const unreadable: string[] = [];
	const options = readOptions(
		() => functions.getNodeParameter('options', 0, {}),
		(problem) => unreadable.push(problem),
	);
	const switches = (['downloadAttachments', 'ignoreDuplicates', 'onlyAgentMessages'] as const).map(
		(name) => readSwitch(options, name),
	);
	const limits = {
		allowedMimeTypes: readTypes(options),
		checkSignature: readSwitch(options, 'checkSignature') ?? false,
		maxFileSize: readSize(options),
	};
	const isWrong = (value: unknown): value is WrongOption => value instanceof WrongOption;
	const wrongLimits = Object.values(limits).filter(isWrong);
	const wrong = [...switches.filter(isWrong), ...wrongLimits].map(({ problem }) => problem);
	return {
		downloadAttachments: isOn(options, 'downloadAttachments', false),
		ignoreDuplicates: isOn(options, 'ignoreDuplicates', true),
		policy:
			wrongLimits.length > 0
				? { problem: wrongLimits.map(({ problem }) => problem).join(' ') }
				: readFilePolicy(limits),
		problems: [...unreadable, ...wrong],
	};
}
