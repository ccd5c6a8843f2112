/** A goal, and whether it was reached. */
export interface Goal {
	measure: string;
	goal: string;
	measured: string;
	isMet: boolean;
}

export interface Table {
	/** Above the table, if a section has several. */
	title?: string;
	head: string[];
	rows: string[][];
}

/** The results of one part of the benchmark. */
export interface Section {
	title: string;
	/** What is compared, and how; in Markdown. */
	paragraphs: string[];
	tables: Table[];
	goals: Goal[];
}

/** Called with each step, to show the progress. */
export type Progress = (line: string) => void;

export interface Part {
	/** The name on the command line. */
	name: string;
	/** One line for the help. */
	what: string;
	measure: (progress: Progress) => Promise<Section>;
}
