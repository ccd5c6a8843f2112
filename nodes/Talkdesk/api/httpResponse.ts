import { z } from 'zod';

/** A response of n8n's HTTP helpers, with its status and headers. */
export const httpResponseSchema = z.object({
	statusCode: z.number(),
	headers: z.record(z.unknown()).catch({}),
	body: z.unknown(),
});
