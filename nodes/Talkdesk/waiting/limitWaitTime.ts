import { DateTime } from 'luxon';
import { WAIT_INDEFINITELY } from 'n8n-workflow';
import { z } from 'zod';

import { option } from '../parameters/options';
import { numberFromZero, oneOf, text } from '../parameters/schemas';

const SECONDS = { minutes: 60, hours: 3600, days: 86_400 };

const valuesSchema = z
	.object(
		{
			limitType: oneOf(['afterTimeInterval', 'atSpecifiedTime']),
			resumeAmount: numberFromZero,
			resumeUnit: oneOf(['minutes', 'hours', 'days']),
			maxDateAndTime: z.preprocess(
				// An expression may return a Date, as `new Date(…)` does.
				(value) => (value instanceof Date ? DateTime.fromJSDate(value).toISO() : value),
				text,
			),
		},
		{ invalid_type_error: 'is incomplete' },
	)
	.transform(
		({ limitType, resumeAmount = 45, resumeUnit, maxDateAndTime: until = '' }, context) => {
			if (limitType === 'afterTimeInterval') return { seconds: resumeAmount * SECONDS[resumeUnit] };
			if (!Number.isNaN(new Date(until).getTime())) return { until };
			context.addIssue({ code: 'custom', message: 'must have a date and time' });
			return z.NEVER;
		},
	);

/** n8n's own option of its nodes that wait, with the same names and values. */
export const limitWaitTimeOption = option(
	{
		displayName: 'Limit Wait Time',
		name: 'limitWaitTime',
		type: 'fixedCollection',
		description:
			'Whether to limit the time that this node waits. When the time is over, the event in the output is timeout.',
		default: {
			values: { limitType: 'afterTimeInterval', resumeAmount: 45, resumeUnit: 'minutes' },
		},
		options: [
			{
				displayName: 'Values',
				name: 'values',
				values: [
					{
						displayName: 'Limit Type',
						name: 'limitType',
						type: 'options',
						default: 'afterTimeInterval',
						description: 'When the node stops waiting',
						options: [
							{
								name: 'After Time Interval',
								value: 'afterTimeInterval',
								description: 'Waits for a certain amount of time',
							},
							{
								name: 'At Specified Time',
								value: 'atSpecifiedTime',
								description: 'Waits until the set date and time',
							},
						],
					},
					{
						displayName: 'Amount',
						name: 'resumeAmount',
						type: 'number',
						typeOptions: { minValue: 0, numberPrecision: 2 },
						default: 1,
						description: 'The time to wait',
						displayOptions: { show: { limitType: ['afterTimeInterval'] } },
					},
					{
						displayName: 'Unit',
						name: 'resumeUnit',
						type: 'options',
						options: [
							{ name: 'Days', value: 'days' },
							{ name: 'Hours', value: 'hours' },
							{ name: 'Minutes', value: 'minutes' },
						],
						default: 'hours',
						description: 'Unit of the time to wait',
						displayOptions: { show: { limitType: ['afterTimeInterval'] } },
					},
					{
						displayName: 'Max Date and Time',
						name: 'maxDateAndTime',
						type: 'dateTime',
						default: '',
						description: 'When to stop waiting',
						displayOptions: { show: { limitType: ['atSpecifiedTime'] } },
					},
				],
			},
		],
	},
	z
		.object({ values: valuesSchema.optional() }, { invalid_type_error: 'is incomplete' })
		.nullish()
		.transform((limit) => limit?.values),
);

/**
 * The time until which to wait.
 *
 * @param now milliseconds since 1970
 * @param timezone of the workflow, in which the editor stores dates
 * @returns undefined if there is no limit
 */
export function waitLimit(
	limit: z.output<typeof limitWaitTimeOption.schema>,
	now: number,
	timezone: string,
): Date | undefined {
	if (!limit) return undefined;
	// Databases of n8n have no years of more than four digits.
	const atLatest = (time: number) => new Date(Math.min(time, WAIT_INDEFINITELY.getTime()));
	if (limit.until === undefined) return atLatest(now + limit.seconds * 1000);
	const local = DateTime.fromISO(limit.until.replace(' ', 'T'), { zone: timezone });
	return atLatest(local.isValid ? local.toMillis() : new Date(limit.until).getTime());
}
