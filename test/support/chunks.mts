/** Cuts bytes into chunks of a length; the last one may be shorter. */
export const chunksOf = (content: Buffer, length: number) =>
	Array.from({ length: Math.ceil(content.length / length) }, (_, index) =>
		content.subarray(index * length, (index + 1) * length),
	);
