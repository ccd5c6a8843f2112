/** The keys and words of message content. As in `vocabulary.ts`, they are normalized, and a new source is a new line. */

import { words } from '../text/words';

/** The kind of a part: text, a file that becomes a placeholder, or internal, which is dropped. */
export type PartKind = 'text' | 'image' | 'audio' | 'video' | 'file' | 'internal';

/** Kinds of parts, by type, MIME type or key. The first match counts. */
export const PART_KINDS: ReadonlyArray<readonly [RegExp, PartKind]> = [
	// Reasoning and tool calls of OpenAI, Anthropic, Vercel's AI SDK, Gemini and Bedrock.
	[
		/^(reasoning|thinking|redacted|thought|stepstart|stepfinish|inputjsondelta|cachepoint)/,
		'internal',
	],
	[
		/^(tool|function|servertool|mcp|executablecode|codeexecution|websearch|data$|sourceurl)/,
		'internal',
	],
	[/(toolresult|toolcall|tooluse|functioncall|calloutput)/, 'internal'],
	[/^(text|textdelta|inputtext|outputtext|summarytext|refusal|markdown|html)$/, 'text'],
	[/image|photo|picture|sticker/, 'image'],
	[/audio|voice/, 'audio'],
	[/video/, 'video'],
	[/file|document|attachment|inlinedata|application\/|^text\//, 'file'],
];

/**
 * Keys of a part's text. The value may be an object: { text: { value } } in OpenAI's threads, { text: { body } } in WhatsApp,
 * { conversation } in Baileys.
 */
export const PART_TEXT_KEYS = words(`
	text value body content refusal caption transcript markdown html conversation
	extendedtextmessage
`);

/** Keys beside the content with one or more files: names, URLs or objects. */
export const FILE_KEYS = words(
	'files file attachments attachment experimentalattachments images media',
);
export const FILE_NAME_KEYS = words('filename name originalname attachmentname displayname title');
export const FILE_TYPE_KEYS = words(
	'mimetype mediatype contenttype filetype messagetype type attachmenttype',
);
export const FILE_URL_KEYS = ['url', 'uri', 'fileuri', 'dataurl', 'href', 'src', 'path'];
/** Objects in a part that describe its file. */
export const FILE_OBJECT_KEYS = words(
	'file document inlinedata filedata source imageurl attachment',
);

/**
 * Structured output: keys of the text that the customer has seen, the most specific first. Without them, the only text
 * counts; if there are several texts, the JSON is kept, so that nothing is lost.
 */
export const STRUCTURED_TEXT_KEYS = words(`
	reply response answer message text output content say speech finalanswer actioninput botresponse
	responsetext replytext messagetext result messages parts
`);

/** Structured output: keys that the customer has not seen. */
export const STRUCTURED_INTERNAL_KEYS = words(`
	reasoning thinking thought thoughts rationale analysis explanation chainofthought scratchpad
	notes internalnotes internalnote plan summary intent category sentiment language status action
	type role tool
`);

/** Marks of messages that the customer has not seen, in an entry or in its `HIDDEN_PLACES`. */
export const HIDDEN_MARKS: ReadonlyArray<readonly [key: string, value: RegExp]> = [
	// n8n's Chat Memory Manager, "Hide Message in Chat"; LangGraph.
	['hidefromui', /^(true|1|yes)$/],
	// Chatwoot, Freshchat, Zendesk, LiveChat and the like.
	['private', /^(true|1|yes)$/],
	['isprivate', /^(true|1|yes)$/],
	['privatenote', /^(true|1|yes)$/],
	['internal', /^(true|1|yes)$/],
	['isinternal', /^(true|1|yes)$/],
	['isnote', /^(true|1|yes)$/],
	['note', /^true$/],
	['internalnote', /^(true|1|yes)$/],
	['isinternalnote', /^(true|1|yes)$/],
	['isprivatenote', /^(true|1|yes)$/],
	['iswhisper', /^(true|1|yes)$/],
	['commenttype', /^(private|internal)/],
	['hidden', /^(true|1|yes)$/],
	['ishidden', /^(true|1|yes)$/],
	['whisper', /^(true|1|yes)$/],
	// Gemini's and AWS's thoughts as parts.
	['thought', /^true$/],
	['public', /^(false|0|no)$/],
	['ispublic', /^(false|0|no)$/],
	['messagetype', /^private$/],
	['visible', /^false$/],
	['isvisible', /^false$/],
	['visibletocustomer', /^(false|0|no)$/],
	['customervisible', /^(false|0|no)$/],
	// Jira Service Management.
	['jsdpublic', /^false$/],
	['visibility', /^(private|internal.*|agents?|agents?[ _-]?only|hidden)$/],
];
export const HIDDEN_PLACES = ['additionalkwargs', 'metadata', 'contentattributes'];
