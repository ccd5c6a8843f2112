import {
	millisecondsToWait,
	noteHanded,
	noteWoken,
	PROCESS_ID,
} from '../../../nodes/Talkdesk/waiting/eventOrder';

let executions = 0;
/** An execution that waits, and the tries of events to wake it. */
function waitingExecution() {
	const execution = `execution ${++executions}`;
	return {
		tries: (
			order: number,
			now: number,
			more: { sender?: string; interval?: number; after?: string } = {},
		) => millisecondsToWait(execution, { order, sender: 'a worker', interval: 250, now, ...more }),
		isTold: (order: number, now: number, opensAt: number, after?: string) =>
			millisecondsToWait(execution, {
				...{ order, sender: 'a worker', interval: 250, now, opensAt },
				...(after !== undefined && { after }),
			}),
		woken: (order: number, now: number) =>
			noteWoken(execution, { order, eventId: `event ${order}`, now }),
		handed: (order: number) => noteHanded(execution, `event ${order}`),
	};
}
const T = 1_000_000;

it('an event of this process is next at once', () => {
	expect(waitingExecution().tries(1, T, { sender: PROCESS_ID })).toBe(0);
});

it('an event of another process waits for earlier ones: as long as their tries are apart', () => {
	const { tries } = waitingExecution();
	expect(tries(2, T)).toBe(350);
	expect(tries(2, T + 349)).toBe(1);
	expect(tries(2, T + 350)).toBe(0);
	expect(waitingExecution().tries(1, T, { interval: 1000 })).toBe(1100);
});

it('an earlier event that comes later is first', () => {
	const { tries, woken } = waitingExecution();
	tries(2, T);
	expect(tries(1, T + 340)).toBe(350);
	expect(tries(2, T + 360)).toBe(250);
	expect(tries(1, T + 690)).toBe(0);
	woken(1, T + 690);
	expect(tries(2, T + 1690)).toBe(0);
});

it('an event of this process waits as well if others have come', () => {
	const { tries } = waitingExecution();
	tries(2, T);
	expect(tries(1, T + 10, { sender: PROCESS_ID })).toBeGreaterThan(0);
});

it('while n8n wakes the execution, nothing else is taken', () => {
	const { tries, woken } = waitingExecution();
	woken(1, T);
	expect(tries(2, T + 999, { sender: PROCESS_ID })).toBe(250);
	expect(tries(2, T + 1000, { sender: PROCESS_ID })).toBe(0);
});

it('an earlier event that is not tried again no longer counts', () => {
	const { tries } = waitingExecution();
	tries(1, T);
	tries(2, T);
	expect(tries(2, T + 2350)).toBe(250);
	expect(tries(2, T + 2351)).toBe(0);
});

it('an earlier event that was told to come back later still counts', () => {
	const { isTold } = waitingExecution();
	expect(isTold(1, T, T + 6000)).toBe(6000);
	expect(isTold(2, T + 3900, T + 6000)).toBe(2100);
	// Both come back at the same moment, in any order.
	expect(isTold(2, T + 6000, T + 6000)).toBe(250);
	expect(isTold(1, T + 6001, T + 6000)).toBe(0);
});

it('an event is not tried again before the execution takes one, whatever else it waits for', () => {
	const { isTold, woken } = waitingExecution();
	expect(isTold(1, T, T + 6000)).toBe(6000);
	// Behind the first one.
	expect(isTold(2, T + 100, T + 6000)).toBe(5900);
	// The one before it has not come yet.
	expect(isTold(3, T + 200, T + 6000, 'event 2')).toBe(5800);
	expect(isTold(3, T + 6000, T + 6000, 'event 2')).toBe(250);
	expect(isTold(2, T + 6000, T + 6000)).toBe(250);
	expect(isTold(1, T + 6001, T + 6000)).toBe(0);
	woken(1, T + 6001);
	// It waits with the next text already.
	expect(isTold(2, T + 6250, T + 12_300)).toBe(6050);
	expect(isTold(3, T + 6250, T + 12_300, 'event 2')).toBe(6050);
});

it('executions have nothing to do with each other', () => {
	waitingExecution().woken(1, T);
	expect(waitingExecution().tries(2, T, { sender: PROCESS_ID })).toBe(0);
});

it('an event that comes while n8n wakes the execution goes before a later one', () => {
	const { tries, woken } = waitingExecution();
	tries(4, T);
	woken(1, T);
	expect(tries(3, T + 900)).toBe(250);
	expect(tries(4, T + 1000)).toBe(250);
	expect(tries(3, T + 1250)).toBe(0);
});

it('an event waits for the one before it, as long as that may take', () => {
	const { tries } = waitingExecution();
	expect(tries(3, T, { after: 'event 2', sender: PROCESS_ID })).toBe(250);
	expect(tries(3, T + 9999, { after: 'event 2' })).toBe(250);
	expect(tries(3, T + 10_000, { after: 'event 2' })).toBe(0);
	const inTime = waitingExecution();
	inTime.tries(3, T, { after: 'event 2' });
	inTime.woken(2, T + 100);
	expect(inTime.tries(3, T + 1100, { after: 'event 2' })).toBe(0);
});

it('an event is next at once if the one before it was handed over, or was not wanted', () => {
	const { tries, handed } = waitingExecution();
	handed(1);
	expect(tries(2, T, { after: 'event 1' })).toBe(0);
});

it('an event does not overtake an earlier one that is there, also if the one before it seems handed over', () => {
	const { tries, handed } = waitingExecution();
	handed(1);
	handed(2);
	// n8n could not wake the execution with it, so it comes again.
	tries(2, T, { after: 'event 1' });
	expect(tries(3, T + 10, { after: 'event 2' })).toBe(250);
});

it('an execution remembers the last fifty events that it was given', () => {
	const { tries, handed } = waitingExecution();
	for (let order = 1; order <= 50; order++) handed(order);
	expect(tries(60, T, { after: 'event 1' })).toBe(0);
	handed(51);
	expect(tries(60, T, { after: 'event 1' })).toBe(250);
	expect(tries(60, T, { after: 'event 2' })).toBe(0);
});

it('an event that waits for the one before it does not hold up that one', () => {
	const { tries } = waitingExecution();
	tries(1, T, { after: 'event 2' });
	expect(tries(2, T + 400, { sender: PROCESS_ID })).toBe(350);
	expect(tries(2, T + 750, { sender: PROCESS_ID })).toBe(0);
});
