/** A line of Talkdesk's contract that isn't documented, or only half. */
export interface Assumption {
	/** What the package and its simulator take for true. */
	text: string;
	/** `documented`: the documentation is vague. `seen`: in public code. `inferred`: neither. */
	evidence: 'documented' | 'seen' | 'inferred';
	/** What follows for users of the package if it doesn't hold. */
	otherwise: string;
}

const assumption = (
	evidence: Assumption['evidence'],
	text: string,
	otherwise: string,
): Assumption => ({ text, evidence, otherwise });

const NOTHING = 'Nothing: the package is right either way.';

const ofTheApi = {
	'token.lifetime': assumption(
		'documented',
		'A token says in expires_in, as a number, that it lives 600 s',
		NOTHING,
	),
	'token.scope': assumption(
		'documented',
		'The answer with the token lists its scopes in scope, as one text',
		'The credential test may not be able to name missing scopes.',
	),
	'token.scp': assumption(
		'seen',
		'A token is a JWT with its scopes as a list in scp',
		'Without scope in the answer, the credential test can’t name missing scopes.',
	),
	'ids.text': assumption('documented', 'IDs of conversations and messages are text', NOTHING),
	'error.body': assumption(
		'documented',
		'An error has code and message, as text, and fields with name and description if any',
		'Errors in n8n say less.',
	),
	'error.401': assumption(
		'documented',
		'A token that isn’t valid is a 401',
		'An expired token isn’t renewed at once.',
	),
	'error.403': assumption(
		'inferred',
		'A token without the scope is a 403',
		'The error names another cause.',
	),
	'start.empty': assumption(
		'inferred',
		'A start with an empty body is a 400 that starts nothing',
		'The credential test is wrong.',
	),
	'start.touchpoint': assumption(
		'inferred',
		'A start with an unknown touchpoint is a 404',
		'The error names another cause.',
	),
	'start.types': assumption(
		'documented',
		'previous_messages[].type is spelled user and external',
		'One more request per process: the other spelling is tried.',
	),
	'start.type-error': assumption(
		'inferred',
		'Another type is a 400 whose text or fields name previous_messages',
		'The other spelling isn’t tried when the first is refused.',
	),
	'start.key-after-refusal': assumption(
		'inferred',
		'The key of a refused start can be used again with a corrected body',
		'The other spelling is refused, too.',
	),
	'start.key': assumption(
		'documented',
		'A repeated key gives the same conversation',
		'A retry may start a second conversation.',
	),
	'start.key-after-end': assumption(
		'inferred',
		'A repeated key gives the same conversation after its end, too',
		'A late retry starts a second conversation.',
	),
	'send.fields': assumption(
		'documented',
		'A sent message is a 201 with id, created_at (ISO 8601) and message_id, none of them null',
		'The output of Send has fewer fields.',
	),
	'send.key': assumption(
		'seen',
		'A repeated key gives the same message, and sends nothing',
		'A retry may send a message twice.',
	),
	'send.key-elsewhere': assumption(
		'inferred',
		'A key counts in the whole account: in another conversation it gives the first message',
		NOTHING,
	),
	'send.key-after-end': assumption(
		'inferred',
		'A repeated key gives the same message after the end, too',
		'A late retry says that the conversation has ended, although the message was sent.',
	),
	'send.empty': assumption(
		'inferred',
		'A message without content and attachments is a 400',
		'Talkdesk takes messages that the package refuses.',
	),
	'send.unknown': assumption(
		'inferred',
		'A message to an unknown conversation is a 404',
		'The error names another cause.',
	),
	'send.ended-code': assumption(
		'seen',
		'A message to an ended conversation is an error with the code 3016011',
		'If Conversation Has Ended has no effect: it is an error.',
	),
	'send.ended-status': assumption('inferred', 'Its status is 409', NOTHING),
	'send.size': assumption(
		'documented',
		'The size of an attachment is taken as a number',
		'Files can’t be sent.',
	),
	'send.attachments-only': assumption(
		'inferred',
		'A message may have attachments and no content',
		'A file without text can’t be sent.',
	),
	'send.missing-attachment': assumption(
		'inferred',
		'An unknown attachment is an error, or a 206 with partial_fail_reason as text',
		'A message without its file counts as complete.',
	),
	'end.status': assumption('seen', 'An end is a 204 without a body', NOTHING),
	'end.again': assumption(
		'inferred',
		'The second end is an error with the code of ended conversations',
		'The output of End has another alreadyEnded.',
	),
	'end.unknown': assumption(
		'inferred',
		'The end of an unknown conversation is a 404',
		'The error names another cause.',
	),
	'upload.put': assumption(
		'inferred',
		'The bytes go to the link with PUT and the type it was requested for',
		'Files can’t be sent.',
	),
	'upload.type': assumption(
		'inferred',
		'The link refuses a PUT without that Content-Type',
		NOTHING,
	),
	'attachment.fields': assumption(
		'documented',
		'An attachment has id, name, state and type as text and size as a number, none of them null',
		'The output has fewer fields.',
	),
	'attachment.name-taken': assumption('documented', 'A name that is taken is a 409', NOTHING),
	'attachment.other-name': assumption(
		'inferred',
		'After that, the same upload is taken with another name',
		'A second file of the same name can’t be sent.',
	),
	'attachment.list': assumption(
		'inferred',
		'The list filters by name, and has total and _embedded.list',
		'Get Many of attachments is slower or wrong.',
	),
	'attachment.download': assumption(
		'inferred',
		'A download link gives the bytes without a token, and expire_time as text',
		'Agents’ files may not arrive.',
	),
	'attachment.delete': assumption(
		'inferred',
		'A deletion is a 204, and the attachment a 404 from then on',
		'The output of Delete is wrong.',
	),
} satisfies Record<string, Assumption>;

const ofTheCalls = {
	'call.form': assumption(
		'inferred',
		'A call is a POST with a JSON object and the type application/json',
		NOTHING,
	),
	'call.envelope': assumption(
		'documented',
		'event_type, conversation_id and timestamp are at the top; content and author.type in payload',
		'The trigger finds other forms by their names: compare its output.',
	),
	'call.event': assumption(
		'inferred',
		'event_type names the event of the action that was called',
		'Check the relative paths of the actions in Talkdesk.',
	),
	'call.others': assumption(
		'documented',
		'Nothing but the three events is called',
		'The trigger logs and drops the others.',
	),
	'call.author': assumption(
		'inferred',
		'The author type of a human agent is a word for agents',
		'Agents’ messages may count as automated, or as the customer’s.',
	),
	'call.echo': assumption(
		'inferred',
		'What the customer has sent isn’t called back',
		'Nothing with a session; else switch on Only Agent Messages.',
	),
	'call.once': assumption('inferred', 'Each event is called once', NOTHING),
	'call.order': assumption('inferred', 'Events of a conversation come in their order', NOTHING),
	'call.message-id': assumption(
		'inferred',
		'Each message has an ID of its own',
		'Two equal messages within the same second count as one.',
	),
	'call.file': assumption(
		'inferred',
		'A file comes as an attachment whose ID the download link takes',
		'Agents’ files don’t arrive.',
	),
	'call.started': assumption(
		'inferred',
		'For our conversations, conversation_started comes when an agent joins, not at the start',
		NOTHING,
	),
	'call.started-by-agent': assumption(
		'documented',
		'conversation_started comes for a conversation that an agent opens',
		'An agent can’t write first.',
	),
	'call.ended': assumption(
		'documented',
		'conversation_ended comes when the agent ends',
		'The customer isn’t told, and stays with the ended conversation until the next message.',
	),
	'call.ended-by-api': assumption('inferred', 'conversation_ended comes when we end, too', NOTHING),
	'call.reopened': assumption(
		'inferred',
		'After an agent reopens a conversation, its messages have the same conversation_id',
		'They don’t find the customer.',
	),
} satisfies Record<string, Assumption>;

export type AssumptionId = keyof typeof ofTheApi | keyof typeof ofTheCalls;

/** All assumptions, in the order of the report. */
export const assumptions: Record<AssumptionId, Assumption> = { ...ofTheApi, ...ofTheCalls };

/** Whether an assumption is about the calls to n8n, which need a receiver. */
export const isAboutCalls = (id: AssumptionId): boolean => id in ofTheCalls;
