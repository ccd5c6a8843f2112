import { webhooks } from '../../../nodes/Talkdesk/trigger/webhook';

it('shows the base path alone, and has a static path for each event and for tokens', () => {
	expect(webhooks.filter(({ ndvHideUrl }) => !ndvHideUrl).map(({ path }) => path)).toEqual(['']);
	expect(webhooks.map(({ path, isFullPath = false, name }) => [path, isFullPath, name])).toEqual([
		['', true, 'default'],
		['events', false, 'default'],
		['conversation_started', false, 'default'],
		['message_created', false, 'default'],
		['conversation_ended', false, 'default'],
		['oauth/token', false, 'setup'],
		['talkdesk-parked', true, 'default'],
	]);
});

it('registers no path for what wakes an execution of its own', () => {
	const woken = webhooks.filter(({ path }) => path === 'talkdesk-parked');
	expect(woken.map(({ restartWebhook }) => restartWebhook)).toEqual([true]);
});
