interface Signature {
	/** What it is called in a message. */
	name: string;
	/** The MIME types that files with these bytes may have. */
	types: RegExp;
	/** In Latin-1, from `offset` on. */
	bytes: string;
	offset?: number;
}

/**
 * How common formats begin. A ZIP archive is also the shell of office documents and apps.
 * Sources: the formats' own specifications (PNG, JPEG, GIF, RIFF, PDF, ZIP, ELF, PE and the others).
 */
const SIGNATURES: Signature[] = [
	{ name: 'a PNG image', types: /^image\/(apng|png|x-png)$/, bytes: '\x89PNG\r\n\x1a\n' },
	{ name: 'a JPEG image', types: /^image\/(jpe?g|pjpeg)$/, bytes: '\xff\xd8\xff' },
	{ name: 'a GIF image', types: /^image\/gif$/, bytes: 'GIF8' },
	{ name: 'a WebP image', types: /^image\/webp$/, bytes: 'WEBP', offset: 8 },
	{ name: 'a TIFF image', types: /^image\/(tiff|x-.*)$/, bytes: 'II*\0' },
	{ name: 'a PDF document', types: /^application\/(pdf|x-pdf|illustrator)$/, bytes: '%PDF-' },
	{
		name: 'a ZIP archive',
		types:
			/zip|officedocument|opendocument|epub|java-archive|vnd\.android|ms-(word|excel|powerpoint).*macro|vnd\.ms-/,
		bytes: 'PK\x03\x04',
	},
	{ name: 'a RAR archive', types: /rar/, bytes: 'Rar!\x1a\x07' },
	{ name: 'a 7z archive', types: /7z/, bytes: "7z\xbc\xaf'\x1c" },
	{ name: 'a gzip archive', types: /gzip|tar|tgz|\+gz|svgz/, bytes: '\x1f\x8b' },
	{
		name: 'an office document of the old kind',
		types: /msword|ms-|x-ole|x-cfb|vnd\.visio|outlook|msi/,
		bytes: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
	},
	{ name: 'an MP3 recording', types: /^audio\/(mpeg|mp3|x-mp3)$/, bytes: 'ID3' },
	{ name: 'an Ogg file', types: /ogg|opus/, bytes: 'OggS' },
	{ name: 'a WAV recording', types: /^audio\/.*wave?$/, bytes: 'WAVE', offset: 8 },
	{ name: 'an MP4 file', types: /^(video|audio|image)\//, bytes: 'ftyp', offset: 4 },
	{ name: 'a Matroska or WebM file', types: /webm|matroska/, bytes: '\x1aE\xdf\xa3' },
	{
		name: 'a program for Windows',
		types: /msdownload|exe|dosexec|portable-executable/,
		bytes: 'MZ',
	},
	{ name: 'a program for Linux', types: /executable|elf|sharedlib/, bytes: '\x7fELF' },
];

/** A type that says nothing about the bytes, so that nothing contradicts it. */
const ANYTHING = /^(application\/octet-stream|binary\/octet-stream)?$/;

/**
 * Whether the bytes of a file contradict its type: they begin like another format, or not like the one it claims.
 *
 * @param type MIME type, without parameters, in lower case
 * @param head the first bytes, 16 at least where the file has that many
 * @returns what the bytes are, or `undefined` where nothing contradicts
 */
export function contradicts(type: string, head: Buffer): string | undefined {
	if (ANYTHING.test(type)) return undefined;
	const start = head.subarray(0, 32).toString('latin1');
	const found = SIGNATURES.find(({ bytes, offset = 0 }) => start.startsWith(bytes, offset));
	if (found) return found.types.test(type) ? undefined : found.name;
	// Only formats that can't begin in another way.
	const claimed = SIGNATURES.slice(0, 4).find(({ types }) => types.test(type));
	return claimed && `not ${claimed.name}`;
}
