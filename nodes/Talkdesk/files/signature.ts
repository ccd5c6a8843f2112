interface Format {
	/** What it is called in a message. */
	name: string;
	/** The MIME types that files of this format may have. */
	types: RegExp;
	/** Whether a file begins like this format. */
	isBegunBy(start: string): boolean;
	/** Whether files of its types can't begin in any other way. */
	isOnlyBeginning?: boolean;
	/** Whether it may have no type but its own, not even one that nobody here knows. */
	isProgram?: boolean;
}

/** How many bytes of a file are looked at: the whole header of a program for Windows. */
export const HEAD_SIZE = 64;

const startsWith =
	(...starts: string[]) =>
	(start: string) =>
		starts.some((bytes) => start.startsWith(bytes));
const riff = (kind: string) => (start: string) =>
	start.startsWith('RIFF') && start.startsWith(kind, 8);

/** Sound and film share their shells, and are often called by each other's types. */
const MEDIA = /^(audio|video)\/|^application\/(mp4|ogg|x-matroska|vnd\.rn-realmedia)$/;
/** Office documents are ZIP archives; old and encrypted ones are compound files. Either is called by the types of both. */
const OFFICE = /officedocument|msword|vnd\.ms-|ms-(excel|powerpoint|word)/;

/**
 * How common formats begin, in Latin-1.
 * Sources: the formats' own specifications (PNG, JPEG, GIF, RIFF, PDF, ZIP, ELF, PE and the others).
 */
const FORMATS: Format[] = [
	{
		name: 'a PNG image',
		types: /^image\/(apng|png|x-png|vnd\.mozilla\.apng)$/,
		isBegunBy: startsWith('\x89PNG\r\n\x1a\n'),
		isOnlyBeginning: true,
	},
	{
		name: 'a JPEG image',
		types: /^image\/(jpe?g|jfif|pjpeg)$/,
		isBegunBy: startsWith('\xff\xd8\xff'),
		isOnlyBeginning: true,
	},
	{
		name: 'a GIF image',
		types: /^image\/gif$/,
		isBegunBy: startsWith('GIF87a', 'GIF89a'),
		isOnlyBeginning: true,
	},
	{
		name: 'a WebP image',
		types: /^image\/webp$/,
		isBegunBy: riff('WEBP'),
		isOnlyBeginning: true,
	},
	{ name: 'a TIFF image', types: /^image\/tiff$/, isBegunBy: startsWith('II*\0', 'MM\0*') },
	{
		name: 'a PDF document',
		types: /^application\/(pdf|x-pdf)$/,
		isBegunBy: startsWith('%PDF-'),
	},
	{
		name: 'a ZIP archive',
		types: new RegExp(`\\bzip|opendocument|java-archive|${OFFICE.source}`),
		isBegunBy: startsWith('PK\x03\x04', 'PK\x05\x06'),
	},
	{ name: 'a RAR archive', types: /\brar/, isBegunBy: startsWith('Rar!\x1a\x07') },
	{ name: 'a 7z archive', types: /7z/, isBegunBy: startsWith("7z\xbc\xaf'\x1c") },
	{
		name: 'a gzip archive',
		types: /gzip|tar$|tgz|\+gz|svg/,
		isBegunBy: startsWith('\x1f\x8b'),
	},
	{
		name: 'an office document of the old kind',
		types: OFFICE,
		isBegunBy: startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
	},
	{
		name: 'an MP3 recording',
		types: MEDIA,
		isBegunBy: startsWith('ID3\x02', 'ID3\x03', 'ID3\x04'),
	},
	{ name: 'an Ogg file', types: MEDIA, isBegunBy: startsWith('OggS\0') },
	{ name: 'a WAV recording', types: MEDIA, isBegunBy: riff('WAVE') },
	{
		name: 'an MP4 file',
		types: MEDIA,
		isBegunBy: (start) => start.startsWith('\0') && start.startsWith('ftyp', 4),
	},
	{ name: 'a Matroska or WebM file', types: MEDIA, isBegunBy: startsWith('\x1aE\xdf\xa3') },
	{
		name: 'a program for Windows',
		types: /msdownload|exe|dosexec|portable-executable/,
		// A text may begin with these two letters. A program goes on with a header that is full of zeros.
		isBegunBy: (start) => start.startsWith('MZ') && !isText(start),
		isProgram: true,
	},
	{
		name: 'a program for Linux',
		types: /executable|\belf|sharedlib/,
		isBegunBy: startsWith('\x7fELF'),
		isProgram: true,
	},
];

/** A type that says nothing about the bytes, so that nothing contradicts it. */
const ANYTHING = /^((application|binary)\/octet-stream)?$/;

const TEXT = /^text\/|[/+.-](json|xml|yaml|javascript|csv|sql|html)$/;

/**
 * Whether the bytes of a file contradict its type: they begin like another format, or not like the one it claims. A type that
 * isn't known here is contradicted by programs alone: many formats have a ZIP archive or another one for their shell.
 *
 * @param type MIME type, without parameters, in lower case
 * @param head the first bytes, `HEAD_SIZE` at least if the file has that many
 * @returns what the bytes are, or `undefined` if nothing contradicts
 */
export function detectFormatMismatch(type: string, head: Buffer): string | undefined {
	if (ANYTHING.test(type) || head.length === 0) return undefined;
	const start = head.subarray(0, HEAD_SIZE).toString('latin1');
	const found = FORMATS.find(({ isBegunBy }) => isBegunBy(start));
	if (found?.types.test(type)) return undefined;
	const claimed = FORMATS.find(({ types }) => types.test(type));
	if (found && (found.isProgram || claimed || TEXT.test(type))) return found.name;
	return claimed?.isOnlyBeginning ? `not ${claimed.name}` : undefined;
}

/** Whether these are signs that a text has: no control characters but those of lines and tabs. */
function isText(start: string): boolean {
	return !/[^\P{Cc}\t\n\f\r\x80-\x9f]/u.test(start);
}
