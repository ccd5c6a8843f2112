import { optionsProperty, requestOptions } from '../../../nodes/Talkdesk/parameters/options';
import { DEFAULT_REQUEST_OPTIONS } from '../../../nodes/Talkdesk/api/client';

it('the options show the defaults of the client', () => {
	const { options = [] } = optionsProperty(requestOptions);
	const defaults = options.flatMap((option) =>
		'default' in option ? [[option.name, option.default]] : [],
	);
	expect(Object.fromEntries(defaults)).toEqual(DEFAULT_REQUEST_OPTIONS);
});
