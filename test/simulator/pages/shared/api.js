/** Requests of a page to its own server. */

/**
 * @param {string} url
 * @param {object} [body] sent as JSON
 * @returns {Promise<any>} the response
 * @throws {Error} with a message for the user
 */
export async function post(url, body) {
	return await send(url, {
		...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
	});
}

/**
 * Uploads files to the server, one after the other.
 *
 * @param {string} url
 * @param {File[]} files
 * @returns {Promise<string[]>} their ids, for the message that they belong to
 */
export async function uploadFiles(url, files) {
	const ids = [];
	for (const file of files) {
		const type = file.type || 'application/octet-stream';
		const query = new URLSearchParams({ name: file.name });
		const { id } = await send(`${url}?${query}`, { headers: { 'content-type': type }, body: file });
		ids.push(id);
	}
	return ids;
}

/** @param {string} url @param {RequestInit} init */
async function send(url, init) {
	const response = await fetch(url, { method: 'POST', ...init }).catch(() => {
		throw new Error('The server can’t be reached.');
	});
	const answer = await response.json().catch(() => ({}));
	if (response.ok) return answer;
	throw new Error(answer.message || answer.error || `The server answered ${response.status}.`);
}
