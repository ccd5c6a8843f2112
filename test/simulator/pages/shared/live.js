/** Receives server-sent events, and tells when the server can't be reached. */

const TIMEOUT_MS = 1500;

/**
 * Listens, and reconnects while the page is open. After each connect the server begins with a snapshot.
 *
 * @param {string} url
 * @param {Record<string, (data: any) => void>} on a handler for each event
 * @param {(connected: boolean) => void} connection is called when the connection changes
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
			// The browser doesn't reconnect after some errors.
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
