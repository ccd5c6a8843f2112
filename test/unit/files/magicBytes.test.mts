import { detectFormatMismatch } from '../../../nodes/Talkdesk/files/magicBytes';

describe('signatures', () => {
	const bytes = (text: string) => Buffer.from(text.padEnd(64, '\0'), 'latin1');
	const PNG = bytes('\x89PNG\r\n\x1a\n');
	const JPEG = bytes('\xff\xd8\xff\xe0');
	const GIF = bytes('GIF89a');
	const TIFF = bytes('II*\0');
	const PDF = bytes('%PDF-1.7');
	const ZIP = bytes('PK\x03\x04');
	const EMPTY_ZIP = bytes('PK\x05\x06');
	const GZIP = bytes('\x1f\x8b\x08');
	const OLE = bytes('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1');
	const EXE = bytes('MZ\x90');
	const ELF = bytes('\x7fELF');
	const MP3 = bytes('ID3\x04');
	const MP4 = bytes('\0\0\0\x20ftypisom');
	const OGG = bytes('OggS');
	const WEBP = bytes('RIFF\0\0\0\0WEBPVP8 ');
	const WAV = bytes('RIFF\0\0\0\0WAVEfmt ');
	const TEXT = Buffer.from('Hello there');
	const NOTHING = Buffer.alloc(0);

	it.each([
		['image/png', PNG],
		['image/jpeg', JPEG],
		['image/jpg', JPEG],
		['image/webp', WEBP],
		['image/gif', GIF],
		['image/x-canon-cr2', TIFF],
		['application/pdf', PDF],
		['application/zip', ZIP],
		['application/zip', EMPTY_ZIP],
		['application/x-zip-compressed', ZIP],
		['application/vnd.openxmlformats-officedocument.wordprocessingml.document', ZIP],
		['application/vnd.openxmlformats-officedocument.wordprocessingml.document', OLE],
		['application/msword', ZIP],
		['application/msword', OLE],
		['application/vnd.ms-excel', ZIP],
		['application/vnd.ms-excel', Buffer.from('a;b\n1;2')],
		['application/vnd.apple.pages', ZIP],
		['application/vnd.apple.numbers', ZIP],
		['application/vnd.google-earth.kmz', ZIP],
		['application/x-cbz', ZIP],
		['application/gzip', GZIP],
		['image/svg+xml', GZIP],
		['video/mp4', MP4],
		['audio/mp4', MP4],
		['audio/x-m4a', MP4],
		['application/mp4', MP4],
		['video/quicktime', MP4],
		['image/heic', MP4],
		['audio/mpeg', MP3],
		['audio/ogg', OGG],
		['application/ogg', OGG],
		['audio/x-wav', WAV],
		['text/plain', TEXT],
		['text/csv', TEXT],
		['text/csv', Buffer.from('ID3 score;name\n7;Ann')],
		['text/plain', Buffer.from('MZ-4711 arrived')],
		['text/plain', Buffer.from('MZ')],
		['application/json', Buffer.from('MZ')],
		['application/x-yaml', Buffer.from('MZ: 4711')],
		['text/plain', Buffer.from('II* is a mark')],
		['text/plain', Buffer.from('GIF8 is a mark')],
		['text/plain', Buffer.from('abcdftyp and so on')],
		['text/plain', Buffer.from('12345678WAVE and 12345678WEBP')],
		['application/octet-stream', EXE],
		['application/x-msdownload', EXE],
		['', PDF],
		['image/svg+xml', TEXT],
		['image/png', NOTHING],
		['text/plain', NOTHING],
	])('match the type %s', (type, head) => {
		expect(detectFormatMismatch(type, head)).toBeUndefined();
	});

	it.each([
		['image/png', JPEG, 'a JPEG image'],
		['image/png', MP4, 'an MP4 file'],
		['image/png', TEXT, 'not a PNG image'],
		['image/png', Buffer.from('MZ'), 'not a PNG image'],
		['image/png', EXE, 'a Windows program'],
		['image/bmp', EXE, 'a Windows program'],
		['application/pdf', EXE, 'a Windows program'],
		['application/zip', EXE, 'a Windows program'],
		['application/vnd.apple.pages', EXE, 'a Windows program'],
		['text/plain', EXE, 'a Windows program'],
		['application/json', EXE, 'a Windows program'],
		['audio/mpeg', ELF, 'a Linux program'],
		['image/jpeg', ZIP, 'a ZIP archive'],
		['text/plain', ZIP, 'a ZIP archive'],
		['text/csv', OLE, 'a legacy Office document'],
		['audio/mpeg', PDF, 'a PDF document'],
		['application/pdf', MP4, 'an MP4 file'],
		['application/msword', PDF, 'a PDF document'],
		['text/plain', MP3, 'an MP3 recording'],
	])('contradict the type %s', (type, head, what) => {
		expect(detectFormatMismatch(type, head)).toBe(what);
	});
});
