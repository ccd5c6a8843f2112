import {
	linkSession,
	linkSuccessor,
	queueKey,
	sessionQueueKey,
} from '../../../nodes/Talkdesk/actions/queueKey';

it('the queue is the same one for a conversation and its successors', () => {
	linkSuccessor('a', 'b');
	linkSuccessor('b', 'c');
	linkSuccessor('c', 'c');
	linkSuccessor('a', 'c');
	expect(['a', 'b', 'c', 'd'].map(queueKey)).toEqual(['a', 'a', 'a', 'd']);
});

it('a session shares it, in whatever order it becomes known', () => {
	linkSession('e', 's1');
	linkSuccessor('e', 'f');
	linkSuccessor('g', 'h');
	linkSession('h', 's1');
	linkSuccessor('g', 'h');
	linkSession('h', 's1');
	const keys = [...['e', 'f', 'g', 'h'].map(queueKey), sessionQueueKey('s1')];
	expect(new Set(keys).size).toBe(1);
	expect(sessionQueueKey('s2')).not.toBe(sessionQueueKey('s1'));
});

it('a conversation of two sessions makes no endless chain', () => {
	for (const sessionId of ['s3', 's4', 's3', 's4']) linkSession('i', sessionId);
	expect(sessionQueueKey('s3')).toBe(sessionQueueKey('s4'));
});
