/**
 * What the content of a message is read by. As in `vocabulary.ts`, a new source is a new line; keys and words are written as
 * `normalize` gives them.
 */

/** What becomes of a part: its text, a placeholder, or nothing. */
export type PartKind = 'text' | 'image' | 'audio' | 'video' | 'file' | 'internal';

/** Kinds of parts, by their type, by the MIME type, or by the key that such a part has. The first line that matches decides. */
export const PART_KINDS: ReadonlyArray<readonly [RegExp, PartKind]> = [
	// What a model thinks and does: OpenAI, Anthropic, Vercel's AI SDK, Gemini, Bedrock. The customer never read it.
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

/** Keys of a part's text; the value may be an object again: { text: { value } } of OpenAI's threads, { text: { body } } of WhatsApp, { conversation } of Baileys. */
export const PART_TEXT_KEYS = [
	...['text', 'value', 'body', 'content', 'refusal', 'caption', 'transcript', 'markdown', 'html'],
	...['conversation', 'extendedtextmessage'],
];

/** Keys beside the content that hold a file, or a list of files: names, addresses or objects. */
export const FILE_KEYS = [
	...['files', 'file', 'attachments', 'attachment', 'experimentalattachments', 'images', 'media'],
];
export const FILE_NAME_KEYS = [
	...['filename', 'name', 'originalname', 'attachmentname', 'displayname', 'title'],
];
export const FILE_TYPE_KEYS = [
	...['mimetype', 'mediatype', 'contenttype', 'filetype', 'messagetype', 'type', 'attachmenttype'],
];
export const FILE_URL_KEYS = ['url', 'uri', 'fileuri', 'dataurl', 'href', 'src', 'path'];
/** Objects inside a part that describe its file. */
export const FILE_OBJECT_KEYS = [
	...['file', 'document', 'inlinedata', 'filedata', 'source', 'imageurl', 'attachment'],
];

/**
 * Structured output: keys of the text that the customer read, the most telling first. Without any of them the only text counts;
 * if there are several, the JSON stays as it is, so that nothing the customer read is lost.
 */
export const STRUCTURED_TEXT_KEYS = [
	...['reply', 'response', 'answer', 'message', 'text', 'output', 'content', 'say', 'speech'],
	...['finalanswer', 'actioninput', 'botresponse', 'responsetext', 'replytext', 'messagetext'],
	...['result', 'messages', 'parts'],
];

/** Structured output: never the customer's to read. */
export const STRUCTURED_INTERNAL_KEYS = [
	...['reasoning', 'thinking', 'thought', 'thoughts', 'rationale', 'analysis', 'explanation'],
	...['chainofthought', 'scratchpad', 'notes', 'internalnotes', 'internalnote', 'plan', 'summary'],
	...['intent', 'category', 'sentiment', 'language', 'status', 'action', 'type', 'role', 'tool'],
];

/** Marks of what the customer never saw; looked for in the entry and in HIDDEN_PLACES of it. */
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
