import { parsePrivateKey } from '../../../nodes/Talkdesk/api/privateKey';
import { createSigningClient } from '../../simulator/credential.mts';
import { pastedForms, wrongKeys } from '../../support/keys.mts';

const { privateKey, fields } = createSigningClient();

it.each(pastedForms(fields.privateKey))('is read from %s', (_, text) => {
	const result = parsePrivateKey(text);
	expect(result).toMatchObject({ ok: true });
	expect(result.ok && result.key.key.equals(privateKey)).toBe(true);
});

it('has the same fingerprint in each form, and another key has another one', () => {
	const fingerprintOf = (text: string) => {
		const result = parsePrivateKey(text);
		return result.ok && result.key.fingerprint;
	};
	const forms = pastedForms(fields.privateKey).map(([, text]) => fingerprintOf(text));
	expect(new Set(forms)).toEqual(new Set([expect.stringMatching(/^[0-9a-f]{64}$/)]));
	expect(fingerprintOf(createSigningClient().fields.privateKey)).not.toBe(forms[0]);
});

const wrong = wrongKeys().filter(([name]) => name !== 'nothing');
it.each(wrong)('is not %s, and the problem has no part of it', (_, text, words) => {
	const result = parsePrivateKey(text);
	expect(result).toEqual({ ok: false, problem: expect.stringContaining(words) });
	const body = text.replace(/-----.*?-----|\s/g, '');
	for (let at = 0; at + 8 <= body.length; at += 4) {
		expect(JSON.stringify(result)).not.toContain(body.slice(at, at + 8));
	}
});
