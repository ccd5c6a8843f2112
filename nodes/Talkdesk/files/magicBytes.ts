interface Format {
	/** The name in an error message, with its article. */
	name: string;
	/** The MIME types that files of this format may have. */
	types: RegExp;
	/** Whether the first bytes, as Latin-1, are of this format. */
	matches(start: string): boolean;
	/** Whether all files of its types begin like this. */
	isExclusive?: boolean;
	/** Whether any other type is a mismatch, even an unknown one. */
	isExecutable?: boolean;
}

/** Bytes of a file that are checked: the whole header of a Windows program. */
export const HEAD_SIZE = 64;

const startsWith =
	(...starts: string[]) =>
	(start: string) =>
		starts.some((bytes) => start.startsWith(bytes));
const riff = (kind: string) => (start: string) =>
	start.startsWith('RIFF') && start.startsWith(kind, 8);

/** Audio and video share container formats, and are often labeled with each other's types. */
const MEDIA = /^(audio|video)\/|^application\/(mp4|ogg|x-matroska|vnd\.rn-realmedia)$/;
/** Office documents are ZIP archives; old and encrypted ones are compound files. Their types are mixed up in practice. */
const OFFICE = /officedocument|msword|vnd\.ms-|ms-(excel|powerpoint|word)/;

/** The signatures of common formats, as Latin-1. Source: the specification of each format. */
const FORMATS: Format[] = [
	{
		name: 'a PNG image',
		types: /^image\/(apng|png|x-png|vnd\.mozilla\.apng)$/,
		matches: startsWith('\x89PNG\r\n\x1a\n'),
		isExclusive: true,
	},
	{
		name: 'a JPEG image',
		types: /^image\/(jpe?g|jfif|pjpeg)$/,
		matches: startsWith('\xff\xd8\xff'),
		isExclusive: true,
	},
	{
		name: 'a GIF image',
		types: /^image\/gif$/,
		matches: startsWith('GIF87a', 'GIF89a'),
		isExclusive: true,
	},
	{
		name: 'a WebP image',
		types: /^image\/webp$/,
		matches: riff('WEBP'),
		isExclusive: true,
	},
	{ name: 'a TIFF image', types: /^image\/tiff$/, matches: startsWith('II*\0', 'MM\0*') },
	{
		name: 'a PDF document',
		types: /^application\/(pdf|x-pdf)$/,
		matches: startsWith('%PDF-'),
	},
	{
		name: 'a ZIP archive',
		types: new RegExp(`\\bzip|opendocument|java-archive|${OFFICE.source}`),
		matches: startsWith('PK\x03\x04', 'PK\x05\x06'),
	},
	{ name: 'a RAR archive', types: /\brar/, matches: startsWith('Rar!\x1a\x07') },
	{ name: 'a 7z archive', types: /7z/, matches: startsWith("7z\xbc\xaf'\x1c") },
	{
		name: 'a gzip archive',
		types: /gzip|tar$|tgz|\+gz|svg/,
		matches: startsWith('\x1f\x8b'),
	},
	{
		name: 'a legacy Office document',
		types: OFFICE,
		matches: startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
	},
	{
		name: 'an MP3 recording',
		types: MEDIA,
		matches: startsWith('ID3\x02', 'ID3\x03', 'ID3\x04'),
	},
	{ name: 'an Ogg file', types: MEDIA, matches: startsWith('OggS\0') },
	{ name: 'a WAV recording', types: MEDIA, matches: riff('WAVE') },
	{
		name: 'an MP4 file',
		types: MEDIA,
		matches: (start) => start.startsWith('\0') && start.startsWith('ftyp', 4),
	},
	{ name: 'a Matroska or WebM file', types: MEDIA, matches: startsWith('\x1aE\xdf\xa3') },
	{
		name: 'a Windows program',
		types: /msdownload|exe|dosexec|portable-executable/,
		// Text may begin with these two letters, but a program has control characters in its header.
		matches: (start) => start.startsWith('MZ') && !isText(start),
		isExecutable: true,
	},
	{
		name: 'a Linux program',
		types: /executable|\belf|sharedlib/,
		matches: startsWith('\x7fELF'),
		isExecutable: true,
	},
];

/** Types that no content contradicts. */
const GENERIC_TYPE = /^((application|binary)\/octet-stream)?$/;

const TEXT_TYPE = /^text\/|[/+.-](json|xml|yaml|javascript|csv|sql|html)$/;

/**
 * The format of a file if its first bytes contradict its type. An unknown type is contradicted by programs only: many
 * formats are ZIP archives or other containers.
 *
 * @param type MIME type in lower case, without parameters
 * @param head the first `HEAD_SIZE` bytes, or the whole file if it is shorter
 * @returns such as 'a PDF document' or 'not a PNG image'; undefined if nothing contradicts
 */
export function detectFormatMismatch(type: string, head: Buffer): string | undefined {
	if (GENERIC_TYPE.test(type) || head.length === 0) return undefined;
	const start = head.subarray(0, HEAD_SIZE).toString('latin1');
	const found = FORMATS.find(({ matches }) => matches(start));
	if (found?.types.test(type)) return undefined;
	const claimed = FORMATS.find(({ types }) => types.test(type));
	if (found && (found.isExecutable || claimed || TEXT_TYPE.test(type))) return found.name;
	return claimed?.isExclusive ? `not ${claimed.name}` : undefined;
}

/** Whether there are no control characters except tabs and line ends. */
function isText(start: string): boolean {
	return !/[^\P{Cc}\t\n\f\r\x80-\x9f]/u.test(start);
}
