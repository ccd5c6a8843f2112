import Fastify, { type FastifyInstance } from 'fastify';
import type { Answers } from './answers.mts';
import type { Faults } from './faults.mts';
import type { Latency } from './latency.mts';
import { ApiError, apiErrorHandler } from './errors.mts';
import type { WireLog } from './wire-log.mts';

/** Creates the server with what applies to all routes: JSON, errors in Talkdesk's format, the log. */
export function createServer({
	latency,
	answers,
	faults,
	log,
}: {
	latency: Latency;
	answers: Answers;
	faults: Faults;
	log: WireLog;
}): FastifyInstance {
	const app = Fastify({
		forceCloseConnections: true,
		// A whole transcript is one body. Talkdesk's own limit is unknown.
		bodyLimit: 10 * 1024 * 1024,
		exposeHeadRoutes: false,
		// An id has up to 255 characters (OpenAPI bundle).
		routerOptions: { maxParamLength: 255 },
	});
	app.removeAllContentTypeParsers();
	const parse = app.getDefaultJsonParser('error', 'error');
	app.addContentTypeParser<string>(
		'application/json',
		{ parseAs: 'string' },
		// A missing body is checked by the schemas: Start needs one, End must not have one.
		(request, body, done) => (body === '' ? done(null, undefined) : parse(request, body, done)),
	);
	app.setErrorHandler(apiErrorHandler(log));
	app.setNotFoundHandler(() => {
		throw new ApiError(404, 'There is nothing here');
	});
	latency.attach(app);
	answers.attach(app);
	faults.attach(app);
	answers.attachEcho(app);
	log.attach(app);
	return app;
}
