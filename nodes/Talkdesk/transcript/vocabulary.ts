/*
 * The keys and words of transcripts, with their sources. A new source is a line here and a test: the code that reads these
 * tables has no names of sources.
 *
 * Keys and words are normalized: in lower case, without spaces, `_`, `-` and `.`.
 */

import { words } from '../text/words';

/** `user` is the customer, `external` the bot, `ignored` what the customer has not seen. */
export type Speaker = 'user' | 'external' | 'ignored';

/** Words for a speaker with the same meaning in all sources. */
export const SPEAKERS: Readonly<Record<Speaker, readonly string[]>> = {
	user: [
		...words(`
			user human customer client visitor contact guest lead enduser caller consumer endcustomer
			contactperson requester buyer person
		`),
		// Directions, from the bot's point of view: WhatsApp and CRM rows, Botpress, Chatwoot's webhooks.
		...words('incoming inbound in received'),
	],
	external: [
		...words('external assistant ai bot chatbot agent model virtualagent'),
		// Sunshine Conversations, Intercom, Chatwoot, Amazon Connect, and human colleagues.
		...words(`
			business admin operator agentbot custombot support representative outgoing outbound out sent
		`),
		// Flowise's `apiMessage`, ShareGPT.
		...words('apimessage gpt chatgpt'),
	],
	// `data` is Vercel's, `remove` is LangChain's; `activity` and `template` are Chatwoot's.
	ignored: ['system', 'developer', 'tool', 'function', 'data', 'remove', 'activity', 'template'],
};

/** Words for the kind of a message. Under these keys, they count only if no other key names a speaker. */
export const KINDS_OF_MESSAGES = {
	keys: ['type', 'source', 'event'],
	words: ['data', 'activity', 'template'],
};

/** Keys of the speaker, the most specific first. The value is a word, or an object with one under `SPEAKER_OBJECT_KEYS`. */
export const SPEAKER_KEYS = words(`
	role roletype sendertype senderrole authortype authorrole participantrole actortype purpose
	messagerole messagetype type from sender author speaker who direction fromtype saidby sentby
	participant source event
`);
export const SPEAKER_OBJECT_KEYS = ['kind', 'type', 'role'];

/** Boolean keys, with the speaker for true and for false. */
export const SPEAKER_FLAGS: ReadonlyArray<readonly [key: string, yes: Speaker, no: Speaker]> = [
	['isbot', 'external', 'user'],
	['isai', 'external', 'user'],
	['isagent', 'external', 'user'],
	['isassistant', 'external', 'user'],
	['bot', 'external', 'user'],
	['fromme', 'external', 'user'],
	['fromagent', 'external', 'user'],
	['frombot', 'external', 'user'],
	['isoutgoing', 'external', 'user'],
	['outgoing', 'external', 'user'],
	['isuser', 'user', 'external'],
	['ishuman', 'user', 'external'],
	['iscustomer', 'user', 'external'],
	['fromuser', 'user', 'external'],
	['fromcustomer', 'user', 'external'],
	['incoming', 'user', 'external'],
];

/** A source in which words differ in meaning, or that names no speaker. The first match counts. */
export interface Dialect {
	source: string;
	/** The keys of all entries of this source. They may be paths, such as `from.role`. */
	has: readonly string[];
	/** The key or path whose value is looked up in `words`, then in `patterns`. */
	key?: string;
	words?: Readonly<Record<string, Speaker>>;
	patterns?: ReadonlyArray<readonly [RegExp, Speaker]>;
	/** The speaker, if the keys alone determine it. */
	speaker?: Speaker;
	/** The markup of its texts. */
	markup?: 'html' | 'slack';
}

export const DIALECTS: readonly Dialect[] = [
	{
		// Its `sender.type` "user" is a human colleague.
		source: 'Chatwoot: message_type of its API',
		has: ['messagetype'],
		key: 'messagetype',
		words: { '0': 'user', '1': 'external', '2': 'ignored', '3': 'ignored' },
	},
	{
		source: 'Bot Framework, Copilot Studio: roles of activities as numbers',
		has: ['from.role'],
		key: 'from.role',
		words: { '0': 'external', '1': 'user' },
	},
	{
		// The prompts of Lex, which the customer reads.
		source: 'Amazon Connect: ParticipantRole',
		has: ['participantrole'],
		key: 'participantrole',
		words: { system: 'external', custombot: 'external', supervisor: 'external' },
	},
	{
		// "system" is the default author of messages from the API.
		source: 'Twilio Conversations: author',
		has: ['author', 'body'],
		key: 'author',
		words: { system: 'external' },
		patterns: [[/^(whatsapp|messenger|instagram|sms|rcs):|^\+?\d{6,}$/, 'user']],
	},
	{
		source: 'Baileys, Evolution API: WhatsApp messages',
		has: ['key.fromme'],
		key: 'key.fromme',
		words: { true: 'external', false: 'user' },
	},
	{
		source: 'Intercom: conversation parts',
		has: ['body', 'author.type'],
		markup: 'html',
	},
	{
		source: 'Slack: conversations.history, a message of a bot',
		has: ['ts', 'text', 'botid'],
		speaker: 'external',
		markup: 'slack',
	},
	{
		source: 'Slack: conversations.history, a message of a person',
		has: ['ts', 'text', 'user'],
		key: 'user',
		patterns: [[/^[uw][a-z0-9]+$/, 'user']],
		markup: 'slack',
	},
];

/** Keys of the content. The first that isn't empty counts, also inside of `BODY_KEYS` (LangChain). */
export const CONTENT_KEYS = [
	...words(`
		content text parts message body value payload msg messagetext messagecontent messagebody
		textcontent utterance htmlbody
	`),
	// Freshchat, Chainlit.
	...words('messageparts output'),
	// OpenAI: a refusal or speech instead of an answer.
	...words('refusal audio'),
];
export const BODY_KEYS = ['data', 'kwargs'];

export const TIME_KEYS = words(`
	createdat timestamp time date sentat datetime ts absolutetime received receivedat createdon
	datecreated createdtime created sendtime messagetimestamp insertedat occurredat datesent
	createtime
`);

/** Numbers that grow with every message of a source, used if there are no times. */
export const SEQUENCE_KEYS = ['id', 'index', 'sequence', 'sequencenumber', 'seq', 'position'];

/** Keys of envelopes around messages, in chronological order. Any other key counts only if it contains a message. */
export const ENVELOPE_KEYS = words(`
	json history chathistory previousmessages source messages message input contents content
	transcript conversation activities items data body rows results records conversationparts chat
	output choices text
`);

/** Keys that are never searched: tool calls and metadata. */
export const CLOSED_KEYS = words(`
	intermediatesteps steps messagelog toolcalls toolresults tools functions toolinvocations
	invalidtoolcalls toolcallchunks observation action additionalkwargs responsemetadata
	usagemetadata metadata usage logprobs reasoning thinking system systemmessage systemprompt
	instructions binary paireditem error quoted quotedmessage replyto context
`);

/** A message with one of these keys and no content is a call, not speech. */
export const CALL_KEYS = words(
	'toolcalls functioncall toolcallid toolinvocations invalidtoolcalls',
);

/** The keys of the Chat Memory Manager's simplified output. An object with these keys only is a list of messages. */
export const GROUP_KEYS: Readonly<Record<string, Speaker>> = {
	human: 'user',
	user: 'user',
	ai: 'external',
	assistant: 'external',
	bot: 'external',
	system: 'ignored',
	developer: 'ignored',
	tool: 'ignored',
	function: 'ignored',
};

/** The keys of a turn in one entry: the customer's message, then the answer. The first match counts. */
export interface Turn {
	user: readonly string[];
	external: readonly string[];
	/**
	 * Whether one half is a turn: always, or only beside `COLUMN_KEYS` or a list of messages. With `never`, even the pair is
	 * none beside a list, since the keys may hold a name or instructions.
	 */
	half: 'always' | 'columns' | 'never';
}

export const TURNS: readonly Turn[] = [
	{
		// Logs in tables and sheets; `chatInput` is n8n's Chat Trigger, `output` the AI Agent.
		user: words(`
			chatinput usermessage customermessage humanmessage visitormessage clientmessage usertext
			userinput userquery userquestion userprompt
		`),
		external: words(`
			botresponse botmessage botreply botanswer airesponse aimessage aireply aianswer
			assistantmessage assistantresponse assistantreply agentresponse agentreply modelresponse
		`),
		half: 'always',
	},
	{
		// Specific keys beside general ones: { chatInput, output }.
		user: ['chatinput', 'usermessage', 'userinput', 'userquery'],
		external: ['output', 'response', 'answer', 'reply'],
		half: 'columns',
	},
	{
		// LangChain's chains, logs of questions and answers.
		user: ['input', 'question', 'query'],
		external: ['output', 'answer', 'response', 'reply'],
		half: 'columns',
	},
	{ user: ['human'], external: ['ai'], half: 'columns' },
	{ user: ['human', 'user'], external: ['ai', 'assistant', 'bot'], half: 'never' },
	{ user: ['prompt'], external: ['completion', 'response', 'output'], half: 'never' },
];

/** Keys that an entry may have beside half a turn. */
export const COLUMN_KEYS = words(`
	id sessionid chatid conversationid threadid userid updatedat paireditem pairedindex rownumber
`);

/** Entries that aren't speech of any speaker, by the values of `NOT_SPEECH_KEYS`. */
export const NOT_SPEECH_KEYS = ['type', 'parttype', 'subtype', 'messagetype', 'kind', 'event'];
export const NOT_SPEECH: readonly RegExp[] = [
	// OpenAI Responses: function_call, file_search_call, mcp_list_tools, computer_call_output, …
	/^(reasoning|thinking|compaction|itemreference|mcp(call|listtools|approval.*))$/,
	/^(function|filesearch|websearch|codeinterpreter|computer|imagegeneration)call(output)?$/,
	/^(localshell|shell|applypatch|customtool|tool)call(output)?$/,
	/^tool(use|result|calls?|message)$/,
	// Bot Framework, Copilot Studio, Amazon Connect.
	/^(trace|typing|event|invoke|conversationupdate|messagereaction|endofconversation)$/,
	// Intercom, Zendesk, Chatwoot, Freshchat.
	/^(note|(private|internal)(note|comment)|internal|whisper|assignment|noteandreopen)$/,
	// Rasa, and the events of the Talkdesk Trigger.
	/^(action|slot|sessionstarted|userfeaturization|followup|restart|conversation(started|ended))$/,
	// Slack.
	/^(channel|group)(join|leave|topic|purpose|name|archive)$/,
];

/** Words that are doubtful beside another one. Their messages count as unrecognized. */
export const SUSPICIOUS_WORDS = [
	// n8n's memory writes "human"; answers of agents with a fallback model were seen stored as "user".
	{ word: 'message.type:user', beside: 'message.type:human' },
];
