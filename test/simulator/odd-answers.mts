import { attachmentsPath } from './contract.mts';
import type { Answered, OddAnswer } from './answers.mts';

type Body = Record<string, unknown>;
/** Changes the body of a successful response. */
type Form = (body: Body) => OddAnswer;

const put =
	(more: Body): Form =>
	(body) => ({ body: { ...body, ...more } });
const leaveOut =
	(...names: string[]): Form =>
	(body) => ({
		body: Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name))),
	});
const emptyBody: Form = () => ({ body: undefined });
const noContent: Form = () => ({ status: 204, body: undefined });
const page = '<!doctype html><html><body><h1>Please sign in</h1></body></html>';
const html: Form = () => ({ status: 200, type: 'text/html', body: page });
const extraFields = put({ status: null, tags: ['new'], links: { self: { href: '/somewhere' } } });
const common = { emptyBody, noContent, html, extraFields };

/** Applies a form to each entry of a list. */
const toEach =
	(form: Form): Form =>
	(body) => ({ body: withList(body, (list) => list.map((each) => form(recordOf(each)).body)) });

/** Possible forms of successful responses, by the kind of request. */
export const oddForms = {
	start: common,
	send: {
		...common,
		createdAtMissing: leaveOut('created_at'),
		createdAtNull: put({ created_at: null }),
		createdAtNumber: put({ created_at: 1_767_600_000_000 }),
		messageIdMissing: leaveOut('message_id'),
		messageIdNull: put({ message_id: null }),
		messageIdNumber: put({ message_id: 4711 }),
	},
	token: {
		errorBody: put({
			...{ access_token: undefined, token_type: undefined, expires_in: undefined },
			...{ scope: undefined, error: 'invalid_client', error_description: 'Client is disabled' },
		}),
		html,
		scopeMissing: leaveOut('scope'),
		scopeList: (body) => ({ body: { ...body, scope: String(body.scope).split(' ') } }),
		expiresInText: (body) => ({ body: { ...body, expires_in: String(body.expires_in) } }),
		expiresInMissing: leaveOut('expires_in'),
	},
	/** For one attachment, and for each in a list. */
	attachment: {
		typeNull: put({ type: null }),
		stateNull: put({ state: null }),
		sizeNull: put({ size: null }),
		sizeText: (body) => ({ body: { ...body, size: String(body.size) } }),
		sizeMissing: leaveOut('size'),
	},
	list: {
		linksOnly: leaveOut('total', 'page', 'per_page'),
		totalOnly: leaveOut('_links'),
		nothingButTheList: leaveOut('_links', 'total', 'page', 'per_page'),
		linksRelative: (body) => ({
			body: JSON.parse(JSON.stringify(body).replace(/"href":"https?:\/\/[^/"]+/g, '"href":"')),
		}),
		/** For an empty list. */
		embeddedMissing: (body) => (listOf(body).length ? { body } : leaveOut('_embedded')(body)),
	},
} satisfies Record<string, Record<string, Form>>;

/** One form for each kind of request: `{ send: 'createdAtNull', token: 'scopeMissing' }`. */
export type OddChoice = { [What in keyof typeof oddForms]?: keyof (typeof oddForms)[What] };

const conversationsPath = '/api/digital-connect/conversations';
const one = `/api${attachmentsPath}/:id`;
const many = [`/api${attachmentsPath}`, `/api${attachmentsPath}/`];
const places: Record<string, string[]> = {
	start: [`POST ${conversationsPath}`],
	send: [`POST ${conversationsPath}/:id/messages`],
	token: ['POST /id/:account/oauth/token'],
	attachment: [`GET ${one}`, ...many.map((path) => `POST ${path}`)],
	list: many.map((path) => `GET ${path}`),
};

/** Creates a value of the option `answers`, which changes successful responses. */
export function oddAnswers(choice: OddChoice): (answered: Answered) => OddAnswer | undefined {
	return oddAnswersOf(Object.entries(choice));
}

/**
 * Creates it from names: `[['send', 'createdAtNull']]`.
 *
 * @throws TypeError for an unknown name
 */
export function oddAnswersOf(
	choice: Array<[what: string, name: string]>,
): (answered: Answered) => OddAnswer | undefined {
	const known: Record<string, Record<string, Form>> = oddForms;
	const forms = choice.flatMap(([what, name]) => {
		const form = known[what]?.[name];
		if (!form) throw new TypeError(`There is no odd answer ${what}=${name}`);
		const own = (places[what] ?? []).map((route) => ({ route, form }));
		if (what !== 'attachment') return own;
		return [...own, ...(places.list ?? []).map((route) => ({ route, form: toEach(form) }))];
	});
	return ({ route, status, body }) => {
		const fitting = forms.filter((each) => each.route === route);
		if (!fitting.length || status >= 300) return undefined;
		return fitting.reduce<OddAnswer>((odd, { form }) => ({ ...odd, ...form(recordOf(odd.body)) }), {
			body,
		});
	};
}

function recordOf(value: unknown): Body {
	return typeof value === 'object' && value !== null ? { ...value } : {};
}

function listOf(body: Body): unknown[] {
	const { list } = recordOf(body._embedded);
	return Array.isArray(list) ? list : [];
}

function withList(body: Body, change: (list: unknown[]) => unknown[]): Body {
	return { ...body, _embedded: { ...recordOf(body._embedded), list: change(listOf(body)) } };
}
