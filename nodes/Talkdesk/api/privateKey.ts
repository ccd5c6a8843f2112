import {
	createHash,
	createPrivateKey,
	createPublicKey,
	X509Certificate,
	type KeyObject,
} from 'crypto';
import { z } from 'zod';

/** A private key that can sign with ES256. */
export interface SigningKey {
	key: KeyObject;
	/** A hash that tells this key from others, in hexadecimal. */
	fingerprint: string;
}

/** The key, or what is wrong with it, to follow "The 'Private Key'". Never holds a part of the key. */
export type PrivateKeyResult = { ok: true; key: SigningKey } | { ok: false; problem: string };

/** A block of PEM, in any spacing: an input for passwords removes line breaks. A word processor changes hyphens to dashes. */
const PEM_BLOCK = /[-–—]{2,}\s*BEGIN\s+([A-Z0-9 ]+?)\s*[-–—]{2,}(.*?)([-–—]{2,}\s*END|$)/gs;

const NO_KEY = 'holds no key';
const CUT_OFF = 'is cut off: its end is missing';
const ENCRYPTED = 'is protected by a passphrase: remove the passphrase from the key first';
const PUBLIC = 'is a public key, not the private one';
const NOT_TEXT_OF_A_KEY = 'is neither base64 nor PEM';

/** Names of other PEM blocks, by label. Their content isn't parsed. */
const OTHER_LABELS: Array<[RegExp, string]> = [
	[/ENCRYPTED/, ENCRYPTED],
	[/PUBLIC KEY$/, PUBLIC],
	[/^OPENSSH/, "is in OpenSSH's format"],
	[/^CERTIFICATE REQUEST$/, 'is a certificate request'],
	[/CERTIFICATE$/, 'is a certificate'],
];

/**
 * The private key of a pasted text: base64 of PKCS#8 as Talkdesk shows it, or PEM (PKCS#8 or SEC1), whatever became of its
 * line breaks.
 *
 * Source: docs.talkdesk.com/reference/cc-jwt (ES256, base64 of PKCS#8 without PEM lines). The other forms are inferred:
 * tools that store keys make them.
 */
export function parsePrivateKey(pasted: string): PrivateKeyResult {
	// Line breaks as JSON or an environment file writes them, and quotation marks around it.
	const text = pasted.replace(/\\+[rn]/g, '\n').replace(/["'`“”‘’,;]/g, ' ');
	const blocks = [...text.matchAll(PEM_BLOCK)];
	const block = blocks.find(([, label]) => label?.endsWith('PRIVATE KEY')) ?? blocks[0];
	if (!block) return parseBase64(text);

	const [, label = '', content = '', end] = block;
	const other = OTHER_LABELS.find(([pattern]) => pattern.test(label));
	if (other) return failure(other[1]);
	// The header of PEM's own encryption.
	if (content.includes('Proc-Type')) return failure(ENCRYPTED);
	return end ? parseBase64(content) : failure(CUT_OFF);
}

function parseBase64(text: string): PrivateKeyResult {
	const base64 = text.replace(/[\s\p{Cc}\p{Cf}]/gu, '');
	if (!/^[\w+/-]+=*$/.test(base64)) return failure(NOT_TEXT_OF_A_KEY);
	const bytes = Buffer.from(base64, 'base64');
	// PEM in base64, as some secret stores have it.
	const inner = bytes.toString('latin1');
	return inner.startsWith('-----BEGIN') ? parsePrivateKey(inner) : parseDer(bytes);
}

function parseDer(bytes: Buffer): PrivateKeyResult {
	if (isCutOff(bytes)) return failure(CUT_OFF);
	for (const type of ['pkcs8', 'sec1', 'pkcs1'] as const) {
		const key = attempt(() => createPrivateKey({ key: bytes, format: 'der', type }));
		if (key === 'encrypted') return failure(ENCRYPTED);
		if (key) return checkType(key);
	}
	if (attempt(() => createPublicKey({ key: bytes, format: 'der', type: 'spki' }))) {
		return failure(PUBLIC);
	}
	return failure(attempt(() => new X509Certificate(bytes)) ? 'is a certificate' : NO_KEY);
}

function checkType(key: KeyObject): PrivateKeyResult {
	const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails } = key;
	if (type !== 'ec') {
		return failure(`is a key of the type ${type}, not an EC key on the curve P-256`);
	}
	const curve = asymmetricKeyDetails?.namedCurve ?? 'unknown';
	if (curve !== 'prime256v1') return failure(`is an EC key on the curve ${curve}, not P-256`);
	const fingerprint = createHash('sha256')
		.update(key.export({ format: 'der', type: 'pkcs8' }))
		.digest('hex');
	return { ok: true, key: { key, fingerprint } };
}

/** Whether a DER sequence is shorter than it says. */
function isCutOff(bytes: Buffer): boolean {
	const [tag, length = 0] = bytes;
	if (tag !== 0x30) return false;
	const lengthBytes = length > 0x80 ? length - 0x80 : 0;
	if (lengthBytes > 4) return false;
	if (bytes.length < 2 + lengthBytes) return true;
	const contentLength = lengthBytes > 0 ? bytes.readUIntBE(2, lengthBytes) : length;
	return bytes.length < 2 + lengthBytes + contentLength;
}

const errorSchema = z.object({ code: z.literal('ERR_MISSING_PASSPHRASE') });

/** The result of a parser of `crypto`; undefined if it throws. The errors may hold parts of a key. */
function attempt<Result>(parse: () => Result): Result | 'encrypted' | undefined {
	try {
		return parse();
	} catch (error) {
		return errorSchema.safeParse(error).success ? 'encrypted' : undefined;
	}
}

function failure(problem: string): PrivateKeyResult {
	return { ok: false, problem };
}
