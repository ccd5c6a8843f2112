import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const der = (key: KeyObject, type: 'pkcs8' | 'sec1') => key.export({ type, format: 'der' });
const pem = (key: KeyObject, type: 'pkcs8' | 'sec1' = 'pkcs8') =>
	key.export({ type, format: 'pem' }).toString();

/** The forms in which a private key is pasted, by their names. @param base64 PKCS#8, as Talkdesk shows it */
export function pastedForms(base64: string): Array<[name: string, text: string]> {
	const key = createPrivateKey({
		key: Buffer.from(base64, 'base64'),
		format: 'der',
		type: 'pkcs8',
	});
	const parameters =
		'-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
	return [
		['base64, as Talkdesk shows it', base64],
		['PEM', pem(key)],
		['PEM with \\n in one line', pem(key).replaceAll('\n', '\\n')],
		['PEM with \\\\r\\\\n in one line', pem(key).replaceAll('\n', '\\\\r\\\\n')],
		['PEM with blanks in one line', pem(key).replaceAll('\n', ' ')],
		['PEM without line breaks, as an input for passwords makes it', pem(key).replaceAll('\n', '')],
		['PEM with line breaks of Windows', pem(key).replaceAll('\n', '\r\n')],
		['PEM with dashes of a word processor', pem(key).replaceAll('-----', '—–')],
		['PEM in base64', Buffer.from(pem(key)).toString('base64')],
		['base64 in quotation marks', `"${base64}",\n`],
		[
			'base64 in lines, with blanks and invisible characters',
			` \u200b${base64.replace(/(.{40})/g, '$1 \n\t')}\ufeff`,
		],
		['base64 without padding', base64.replace(/=+$/, '')],
		['base64 for URLs', Buffer.from(base64, 'base64').toString('base64url')],
		['SEC1 as PEM', pem(key, 'sec1')],
		['SEC1 as PEM, after the parameters of its curve', parameters + pem(key, 'sec1')],
		['SEC1 in base64', der(key, 'sec1').toString('base64')],
	];
}

/** Texts that are no key of a client, by their names, with words of the problem. */
export function wrongKeys(): Array<[name: string, text: string, words: string]> {
	const { publicKey, privateKey } = newKeys();
	const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
	const otherCurve = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
	const edwards = generateKeyPairSync('ed25519').privateKey;
	const encryption = { cipher: 'aes-256-cbc', passphrase: 'secret' };
	const encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption }).toString();
	const encryptedDer = privateKey.export({ type: 'pkcs8', format: 'der', ...encryption });
	const legacy = privateKey.export({ type: 'sec1', format: 'pem', ...encryption }).toString();
	const base64 = der(privateKey, 'pkcs8').toString('base64');
	const publicDer = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
	const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString();
	const openSsh = `-----BEGIN OPENSSH PRIVATE KEY-----\n${base64}\n-----END OPENSSH PRIVATE KEY-----`;
	return [
		['nothing', ' \n', "Enter the 'Private Key'"],
		['a public key', spki, 'is a public key'],
		['a public key in base64', publicDer, 'is a public key'],
		['a certificate', CERTIFICATE, 'is a certificate'],
		['a certificate in base64', CERTIFICATE.replace(/-----.*-----|\n/g, ''), 'is a certificate'],
		['an RSA key', pem(rsa.privateKey), 'type rsa'],
		[
			'an RSA key as PKCS#1',
			rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
			'type rsa',
		],
		['an Ed25519 key', der(edwards, 'pkcs8').toString('base64'), 'type ed25519'],
		['a key on another curve', pem(otherCurve), 'curve secp384r1, not P-256'],
		['an encrypted key', encrypted, 'passphrase'],
		['an encrypted key in base64', encryptedDer.toString('base64'), 'passphrase'],
		['a key with the encryption of PEM', legacy, 'passphrase'],
		["a key in OpenSSH's format", openSsh, "OpenSSH's format"],
		['a key that is cut off', base64.slice(0, -24), 'is cut off'],
		['a key that is cut off early', base64.slice(0, 8), 'is cut off'],
		['PEM that is cut off', pem(privateKey).slice(0, -40), 'is cut off'],
		['random base64', Buffer.alloc(138, 7).toString('base64'), 'holds no key'],
		['a client secret', '3fb1c0d2-7a55-4c2b-9d0e', 'holds no key'],
		['other text', 'my private key!', 'is neither base64 nor PEM'],
	];
}

/** A self-signed one, with a key on the curve P-256 that was thrown away. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBhDCCASmgAwIBAgIUFRGtYR1Gd+x4qnqfnUC4dLUSkzwwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLZXhhbXBsZS5jb20wIBcNMjYxMTI4MDA0NzQxWhgPMjEyNjEx
MDQwMDQ3NDFaMBYxFDASBgNVBAMMC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAE3KkpVUQlO7SHz0W6TnRG1bWR5LAkMf4HPzsGpMugVsXz9TpE
r6ObzA+I+8jQgYNZc3gW4ZuH/lCirtvYNTuODaNTMFEwHQYDVR0OBBYEFH2fcNqV
B1TeeWO1GrgxfC2QqHHrMB8GA1UdIwQYMBaAFH2fcNqVB1TeeWO1GrgxfC2QqHHr
MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAOrctOHDmvkIFAFp
GagFbEP6fGqpa0niUSTHvIP5bPe2AiEA7yGz0xAKRzIUjImCkSG1yKyxhh/HeCFs
H3Dqn2nXDts=
-----END CERTIFICATE-----`;
