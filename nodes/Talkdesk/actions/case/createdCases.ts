import type { IExecuteFunctions } from 'n8n-workflow';

import type { TalkdeskClient } from '../../api/client';
import { createCase, type CreatedCase, type NewCase } from '../../api/cases';
import { TalkdeskApiError } from '../../api/errors';
import type { TalkdeskProblem } from '../../api/problem';
import { BoundedMap } from '../../collections/boundedMap';

/** How many cases are remembered. */
const MAX_REMEMBERED = 5000;

/** The cases by idempotency key, without their notes. Includes those that are being created. */
const cases = new BoundedMap<string, Promise<CreatedCase>>(MAX_REMEMBERED);

/** The requests with an unknown outcome, by idempotency key. */
const unknownOutcomes = new BoundedMap<
	string,
	{ executionId: string | undefined; problem: TalkdeskProblem }
>(MAX_REMEMBERED);

/**
 * Creates a case once for each work in this process: Talkdesk documents no idempotency for cases, and n8n's *Retry On Fail*
 * repeats a node with all its items (docs/decisions/0032).
 *
 * @param work the idempotency key of the work
 * @returns the case; without its notes, if an earlier attempt of the same work has created it
 * @throws TalkdeskApiError, without a request if an earlier attempt in this execution has an unknown outcome
 */
export async function createCaseOnce(
	functions: IExecuteFunctions,
	client: TalkdeskClient,
	newCase: NewCase,
	work: string,
): Promise<CreatedCase> {
	const executionId = functions.getExecutionId();
	const unknown = unknownOutcomes.get(work);
	// A retry from the executions list has another ID. Its user has seen the error and decided to repeat the request.
	if (unknown && unknown.executionId === executionId) {
		throw new TalkdeskApiError(functions.getNode(), 'create the case', unknown.problem);
	}
	const known = cases.get(work);
	if (known) return await known;
	const creation = createCase(client, newCase);
	cases.set(work, creation);
	const created = await creation.catch((error: unknown) => {
		cases.delete(work);
		if (error instanceof TalkdeskApiError && error.problem.outcomeUnknown) {
			unknownOutcomes.set(work, { executionId, problem: error.problem });
		}
		throw error;
	});
	cases.set(work, Promise.resolve(withoutNotes(created)));
	unknownOutcomes.delete(work);
	return created;
}

/** The notes may be long. */
function withoutNotes(created: CreatedCase): CreatedCase {
	const rest = Object.entries(created).filter(([name]) => name !== 'notes');
	return { id: created.id, ...Object.fromEntries(rest) };
}
