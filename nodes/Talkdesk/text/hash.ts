import { createHash } from 'crypto';

/**
 * The SHA-256 of several parts. They are hashed as JSON, so that no two lists of parts look the same.
 *
 * @returns hexadecimal
 */
export function sha256Json(parts: unknown[]): string {
	return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
