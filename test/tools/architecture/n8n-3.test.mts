import fs from 'node:fs';
import path from 'node:path';

import { PROJECT_FOLDER } from '../n8n/pack.mts';

/**
 * What n8n 3 removes and a node could use, from the rules of n8n's migration report (2.41.1,
 * dist/modules/breaking-changes/rules/v3). test/e2e/migration-report.test.mts asks the report itself about the examples.
 */
const REMOVED = {
	'an expression helper': /\$getPairedItem\b/,
	'the caller policy': /\bcallerPolicy\b|['"]workflowsFromAnyone['"]/,
	'an option of Execute Sub-workflow': /n8n-nodes-base\.executeWorkflow['"]/,
	'a node': new RegExp(
		`n8n-nodes-base\\.(?:${[
			...['aiTransform', 'cron', 'function', 'functionItem', 'htmlExtract', 'iCal', 'interval'],
			...['itemLists', 'moveBinaryData', 'openAi', 'orbit', 'readBinaryFile', 'readBinaryFiles'],
			...['readPDF', 'workflowTrigger', 'writeBinaryFile'],
		].join('|')})['"]`,
	),
	'a node for AI':
		/n8n-nodes-langchain\.(?:documentGithubLoader|memoryMotorhead|memoryZep|vectorStoreZep\w*)['"]/,
	'chat hub': /\bchat-?hub\b/i,
};

const sources = ['nodes', 'credentials'].flatMap((folder) =>
	fs
		.readdirSync(path.join(PROJECT_FOLDER, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.ts'))
		.map((name) => path.join(folder, name)),
);

const uses = (text: string) =>
	Object.entries(REMOVED).flatMap(([what, pattern]) => (pattern.test(text) ? [what] : []));

it('nodes and credentials use nothing that n8n 3 removes', () => {
	expect(sources.length).toBeGreaterThan(90);
	const found = sources.flatMap((file) =>
		uses(fs.readFileSync(path.join(PROJECT_FOLDER, file), 'utf8')).map((what) => [file, what]),
	);
	expect(found).toEqual([]);
});

it.each([
	["keyValue: '={{ $getPairedItem() }}'", 'an expression helper'],
	["settings: { callerPolicy: 'any' }", 'the caller policy'],
	["type: 'n8n-nodes-base.executeWorkflow'", 'an option of Execute Sub-workflow'],
	["type: 'n8n-nodes-base.function'", 'a node'],
	["type: '@n8n/n8n-nodes-langchain.memoryZep'", 'a node for AI'],
	["import { x } from 'n8n/chat-hub'", 'chat hub'],
])('notices %s', (text, what) => {
	expect(uses(text)).toEqual([what]);
});

it('lets through what stays', () => {
	expect(uses("type: 'n8n-nodes-base.executeWorkflowTrigger', 'n8n-nodes-base.dataTable'")).toEqual(
		[],
	);
});
