import { z } from 'zod';

import type { N8nInstance } from '../n8n/instance.mts';
import { RestClient } from '../n8n/rest.mts';

const installedSchema = z.object({
	packageName: z.string(),
	installedVersion: z.string(),
	installedNodes: z.array(z.object({ name: z.string(), type: z.string() })),
	failedLoading: z.boolean().optional(),
});
export type InstalledPackage = z.output<typeof installedSchema>;

const typesSchema = z.array(z.object({ name: z.string() }));

/** The page "Community nodes" in n8n's settings, as its editor drives it. */
export class CommunityPackages {
	private constructor(private readonly rest: RestClient) {}

	/** Logs in as the owner. */
	static async of({ url, owner }: N8nInstance): Promise<CommunityPackages> {
		const rest = new RestClient(url);
		const body = { emailOrLdapLoginId: owner.email, password: owner.password };
		await rest.call('POST', '/login', z.unknown(), { body });
		return new CommunityPackages(rest);
	}

	async install(name: string): Promise<InstalledPackage> {
		return await this.rest.call('POST', '/community-packages', installedSchema, {
			body: { name },
		});
	}

	async list(): Promise<InstalledPackage[]> {
		return await this.rest.call('GET', '/community-packages', z.array(installedSchema));
	}

	async uninstall(name: string): Promise<void> {
		await this.rest.request('DELETE', '/rest/community-packages', z.unknown(), {
			params: { name },
		});
	}

	/** The names of the node types and credential types that n8n has loaded. */
	async typeNames(): Promise<string[]> {
		const lists = await Promise.all(
			['/types/nodes.json', '/types/credentials.json'].map(
				async (path) => await this.rest.request('GET', path, typesSchema),
			),
		);
		return lists.flat().map(({ name }) => name);
	}
}
