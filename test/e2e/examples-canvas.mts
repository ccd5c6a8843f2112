import { z } from 'zod';

import type { ExampleWorkflow } from './examples.mts';

/** How an example looks on n8n's canvas. */

export const NOTE = 'n8n-nodes-base.stickyNote';
/** A node on the canvas, and the round one of a model, a memory or a tool. */
const NODE = { width: 96, height: 96 };
const SUB_NODE = { width: 80, height: 80 };
/** A node below which a model, a memory or a tool is connected. */
const WIDE_NODE = { width: 224, height: 96 };
/** What a node with more than two outputs has of its height for each. */
const HEIGHT_OF_OUTPUT = 32;

const layoutSchema = z.object({ position: z.tuple([z.number(), z.number()]) });
export const noteSchema = z.object({
	content: z.string(),
	width: z.number(),
	height: z.number(),
});
export const connectionsSchema = z.record(
	z.record(z.array(z.array(z.object({ node: z.string() })).nullable())),
);

interface Box {
	name: string;
	x: number;
	y: number;
	width: number;
	height: number;
}

/** The places of the nodes and of the notes on the canvas. */
function boxesOf({ nodes, connections }: ExampleWorkflow): { nodes: Box[]; notes: Box[] } {
	const links = connectionsSchema.parse(connections);
	const kindsFrom = (name: string) => Object.keys(links[name] ?? {});
	const isSubNode = (name: string) => kindsFrom(name).some((kind) => kind !== 'main');
	const withSubNodes = new Set(
		Object.values(links).flatMap(({ main: _main, ...kinds }) =>
			Object.values(kinds)
				.flat(2)
				.map((link) => link?.node),
		),
	);
	const sizeOf = (name: string) => {
		if (isSubNode(name)) return SUB_NODE;
		const outputs = links[name]?.main?.length ?? 1;
		const { width, height } = withSubNodes.has(name) ? WIDE_NODE : NODE;
		return { width, height: Math.max(height, (outputs + 1) * HEIGHT_OF_OUTPUT) };
	};
	const boxes = nodes.map((node) => {
		const [x, y] = layoutSchema.parse(node).position;
		const size = node.type === NOTE ? noteSchema.parse(node.parameters) : sizeOf(node.name);
		return { type: node.type, name: node.name, x, y, width: size.width, height: size.height };
	});
	return {
		nodes: boxes.filter(({ type }) => type !== NOTE),
		notes: boxes.filter(({ type }) => type === NOTE),
	};
}

/** How two boxes lie: the first inside the second, over its edge, or apart. */
function relation(a: Box, b: Box): 'inside' | 'across' | 'apart' {
	const isApart =
		a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
	if (isApart) return 'apart';
	const isInside =
		a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height;
	return isInside ? 'inside' : 'across';
}

/** The nodes and notes that are over one another, in words. */
export function overlaps(example: ExampleWorkflow): string[] {
	const { nodes, notes } = boxesOf(example);
	const amongNodes = nodes.flatMap((node, index) => [
		...nodes
			.slice(index + 1)
			.flatMap((other) =>
				relation(node, other) === 'apart' ? [] : [`${node.name} over ${other.name}`],
			),
		...notes.flatMap((note) =>
			relation(node, note) === 'across' ? [`${node.name} over the edge of ${note.name}`] : [],
		),
	]);
	const amongNotes = notes.flatMap((note, index) =>
		notes
			.slice(index + 1)
			.flatMap((other) =>
				relation(note, other) === 'across' && relation(other, note) === 'across'
					? [`${note.name} across ${other.name}`]
					: [],
			),
	);
	return [...amongNodes, ...amongNotes];
}

/** The lines that run from right to left, in words. */
export function backwardLines({ nodes, connections }: ExampleWorkflow): string[] {
	const at = new Map(nodes.map((node) => [node.name, layoutSchema.parse(node).position[0]]));
	return Object.entries(connectionsSchema.parse(connections)).flatMap(([from, { main = [] }]) =>
		main
			.flat()
			.filter((link) => (at.get(link?.node ?? '') ?? 0) <= (at.get(from) ?? 0))
			.map((link) => `${from} to ${link?.node}`),
	);
}
