/** Keeps a page up to date with server-sent events, and says when the server is away. */

const TIMEOUT_MS = 1500;

/**
 * Listens, and connects again for as long as the page lives. After each connect the server begins with a snapshot.
 *
 * @param {string} url
 * @param {Record<string, (data: any) => void>} on what to do with each event, by its name
 * @param {(connected: boolean) => void} connection is told whenever that changes
 * @returns {() => void} stops it
 */
export function listen(url, on, connection) {
	/** @type {EventSource | undefined} */
	let source;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let again;

	function connect() {
		source = new EventSource(url);
		source.onopen = () => connection(true);
		source.onerror = () => {
			connection(false);
			// The browser gives up on some errors. We don't, and the pause is ours.
			source?.close();
			again = setTimeout(connect, TIMEOUT_MS);
		};
		for (const [event, react] of Object.entries(on)) {
			source.addEventListener(event, ({ data }) => react(JSON.parse(data)));
		}
	}

	connect();
	return () => {
		clearTimeout(again);
		source?.close();
	};
}
