import { decodeEntities } from '../text/entities';

/** The plain text of Slack's format, such as `Hi &amp; <mailto:ana@example.com|ana@example.com>`. */
export function slackToText(text: string): string {
	const plain = text.replace(/<([^<>|]{1,2000})(?:\|([^<>]{0,2000}))?>/g, (_all, target, label) =>
		typeof label === 'string' && label !== ''
			? label
			: String(target)
					.replace(/^mailto:|^tel:/, '')
					.replace(/^!/, '@'),
	);
	return decodeEntities(plain);
}
