/** Something that is to be reached, and whether it was. */
export interface Goal {
	measure: string;
	goal: string;
	measured: string;
	isMet: boolean;
}

export interface Table {
	/** Above the table, where a section has several. */
	title?: string;
	head: string[];
	rows: string[][];
}

/** What one part of the benchmark has found. */
export interface Section {
	title: string;
	/** What is compared, and how; in Markdown. */
	paragraphs: string[];
	tables: Table[];
	goals: Goal[];
}

/** Told of each step, for whoever waits. */
export type Progress = (line: string) => void;

export interface Part {
	/** As it is named on the command line. */
	name: string;
	/** One line for the help. */
	what: string;
	measure: (progress: Progress) => Promise<Section>;
}
