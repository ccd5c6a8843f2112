/**
 * What a transcript is recognized by: every word, key and mark, with the source that uses it. To teach the recognizer a new
 * source, add a line here and a test; the code that reads these tables doesn't know any source by name.
 *
 * Keys and words are written as `normalize` gives them: in lower case, without blanks, `_`, `-` and `.`.
 */

/** Who speaks: `user` is the customer, `external` our side, `ignored` what the customer never read. */
export type Speaker = 'user' | 'external' | 'ignored';

/** Words for a speaker that mean the same everywhere. */
export const SPEAKERS: Readonly<Record<Speaker, readonly string[]>> = {
	user: [
		...['user', 'human', 'customer', 'client', 'visitor', 'contact', 'guest', 'lead', 'enduser'],
		...['caller', 'consumer', 'endcustomer', 'contactperson', 'requester', 'buyer', 'person'],
		// Directions, seen from our side: WhatsApp and CRM rows, Botpress, Chatwoot's webhooks.
		...['incoming', 'inbound', 'in', 'received'],
	],
	external: [
		...['external', 'assistant', 'ai', 'bot', 'chatbot', 'agent', 'model', 'virtualagent'],
		// Sunshine Conversations, Intercom, Chatwoot, Amazon Connect, and human colleagues.
		...['business', 'admin', 'operator', 'agentbot', 'custombot', 'support', 'representative'],
		...['outgoing', 'outbound', 'out', 'sent'],
		// Flowise's `apiMessage`, ShareGPT.
		...['apimessage', 'gpt', 'chatgpt'],
	],
	// `data` is Vercel's, `remove` is LangChain's; `activity` and `template` are Chatwoot's.
	ignored: ['system', 'developer', 'tool', 'function', 'data', 'remove', 'activity', 'template'],
};

/** Words that say what a message is rather than who wrote it: under these keys they count only if no other key names a side. */
export const KINDS_OF_MESSAGES = {
	keys: ['type', 'source', 'event'],
	words: ['data', 'activity', 'template'],
};

/** Keys that name the speaker, the most telling first. Their value is a word, or an object with one under SPEAKER_OBJECT_KEYS. */
export const SPEAKER_KEYS = [
	...['role', 'roletype', 'sendertype', 'senderrole', 'authortype', 'authorrole'],
	...['participantrole', 'actortype', 'purpose'],
	...['messagerole', 'messagetype', 'type', 'from', 'sender', 'author', 'speaker', 'who'],
	...['direction', 'fromtype', 'saidby', 'sentby', 'participant', 'source', 'event'],
];
export const SPEAKER_OBJECT_KEYS = ['kind', 'type', 'role'];

/** Keys that hold true or false: who spoke if it is true, and if it is false. */
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

/** Where a source means something else by a word, or names no speaker. The first line that applies decides. */
export interface Dialect {
	source: string;
	/** The keys that an entry of this source has. A path, `from.role`, goes into objects. */
	has: readonly string[];
	/** The key, or path, whose value is looked up in `words`, then in `patterns`. */
	key?: string;
	words?: Readonly<Record<string, Speaker>>;
	patterns?: ReadonlyArray<readonly [RegExp, Speaker]>;
	/** Who speaks, if the keys alone tell. */
	speaker?: Speaker;
	/** How its texts are written. */
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
		// "system" is the author of what an API posts without naming one.
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

/** Keys of what was said. The first that isn't empty counts. `data` and `kwargs` of LangChain are looked into as well. */
export const CONTENT_KEYS = [
	...['content', 'text', 'parts', 'message', 'body', 'value', 'payload', 'msg'],
	...['messagetext', 'messagecontent', 'messagebody', 'textcontent', 'utterance', 'htmlbody'],
	// Freshchat, Chainlit.
	...['messageparts', 'output'],
	// OpenAI: what the model said in place of an answer, or aloud.
	...['refusal', 'audio'],
];
export const BODY_KEYS = ['data', 'kwargs'];

export const TIME_KEYS = [
	...['createdat', 'timestamp', 'time', 'date', 'sentat', 'datetime', 'ts', 'absolutetime'],
	...['received', 'receivedat', 'createdon', 'datecreated', 'createdtime', 'created', 'sendtime'],
	...['messagetimestamp', 'insertedat', 'occurredat', 'datesent', 'createtime'],
];

/** Numbers that grow with every message of a source, used if there are no times. */
export const SEQUENCE_KEYS = ['id', 'index', 'sequence', 'sequencenumber', 'seq', 'position'];

/**
 * What messages are wrapped in, in the order in which they were said. Any other key is looked into too, but counts only if there
 * is a message inside.
 */
export const ENVELOPE_KEYS = [
	...['json', 'history', 'chathistory', 'previousmessages', 'source', 'messages', 'message'],
	...['input', 'contents', 'content', 'transcript', 'conversation', 'activities', 'items', 'data'],
	...[
		'body',
		'rows',
		'results',
		'records',
		'conversationparts',
		'chat',
		'output',
		'choices',
		'text',
	],
];

/** Never looked into: what a model did, and what is known about a message. */
export const CLOSED_KEYS = [
	...['intermediatesteps', 'steps', 'messagelog', 'toolcalls', 'toolresults', 'tools', 'functions'],
	...['toolinvocations', 'invalidtoolcalls', 'toolcallchunks', 'observation', 'action'],
	...['additionalkwargs', 'responsemetadata', 'usagemetadata', 'metadata', 'usage', 'logprobs'],
	...['reasoning', 'thinking', 'system', 'systemmessage', 'systemprompt', 'instructions', 'binary'],
	...['paireditem', 'error', 'quoted', 'quotedmessage', 'replyto', 'context'],
];

/** A message that has one of these and no content is a call, not speech. */
export const CALL_KEYS = [
	...['toolcalls', 'functioncall', 'toolcallid', 'toolinvocations', 'invalidtoolcalls'],
];

/** The words of the Chat Memory Manager, simplified. An object of nothing else is a conversation, in the order of its keys. */
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

/** One row or object for a turn: the customer's words, then the answer. The first line that applies decides. */
export interface Turn {
	user: readonly string[];
	external: readonly string[];
	/**
	 * Whether one half is enough: whatever else stands beside it; only beside COLUMN_KEYS or a list of messages; never, and the pair
	 * isn't one beside a list either, as such keys may hold a name or instructions.
	 */
	half: 'always' | 'columns' | 'never';
}

export const TURNS: readonly Turn[] = [
	{
		// Logs in tables and sheets; `chatInput` is n8n's Chat Trigger, `output` the AI Agent.
		user: [
			...['chatinput', 'usermessage', 'customermessage', 'humanmessage', 'visitormessage'],
			...['clientmessage', 'usertext', 'userinput', 'userquery', 'userquestion', 'userprompt'],
		],
		external: [
			...['botresponse', 'botmessage', 'botreply', 'botanswer', 'airesponse', 'aimessage'],
			...['aireply', 'aianswer', 'assistantmessage', 'assistantresponse', 'assistantreply'],
			...['agentresponse', 'agentreply', 'modelresponse'],
		],
		half: 'always',
	},
	{
		// Either side's words beside a plain one: { chatInput, output }.
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

/** What an entry may have beside half a turn, without being something else. */
export const COLUMN_KEYS = [
	...['id', 'sessionid', 'chatid', 'conversationid', 'threadid', 'userid', 'updatedat'],
	...['paireditem', 'pairedindex', 'rownumber'],
];

/** Entries that aren't speech, whoever they come from: the values of NOT_SPEECH_KEYS. */
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
	// Rasa's events, and those of our own trigger.
	/^(action|slot|sessionstarted|userfeaturization|followup|restart|conversation(started|ended))$/,
	// Slack.
	/^(channel|group)(join|leave|topic|purpose|name|archive)$/,
];

/** Words with their keys that are doubtful if another one is in the same transcript: such messages count as unrecognized. */
export const SUSPICIOUS_WORDS = [
	// n8n's memory writes "human"; agents that answer through a fallback model have been seen stored as "user".
	{ word: 'message.type:user', beside: 'message.type:human' },
];
