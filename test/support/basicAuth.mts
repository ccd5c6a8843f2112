/** The header `Authorization` for a text such as `user:password`. */
export const basicAuth = (credentials: string) =>
	`Basic ${Buffer.from(credentials).toString('base64')}`;
