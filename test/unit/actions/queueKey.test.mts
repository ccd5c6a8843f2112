import { linkSuccessor, queueKey } from '../../../nodes/Talkdesk/actions/queueKey';

it('the queue is the same one for a conversation and its successors', () => {
	linkSuccessor('a', 'b');
	linkSuccessor('b', 'c');
	linkSuccessor('c', 'c');
	expect(['a', 'b', 'c', 'd'].map(queueKey)).toEqual(['a', 'a', 'a', 'd']);
});
