/* SPDX-License-Identifier: BSD-2-Clause */
/* Text in XML and HTML stays text. */
#include "efi_test.h"

#include "../../tools/markup.h"

#define BAD "\xef\xbf\xbd"

static void escapes(void **state)
{
	static const char *const samples[][2] = {
		{ "", "" },
		{ "plain text, 100 %", "plain text, 100 %" },
		{ "<a href=\"x\">'&amp;'</a>", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;" },
		{ "]]>", "]]&gt;" },
		{ "tab\tand\nline", "tab\tand\nline" },
		{ "\x01\x1f\x7f\r", BAD BAD BAD BAD },
		{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xc3", BAD },
		{ "\xe2\x82", BAD BAD },
		{ "\xc0\xbc", BAD BAD },             /* an overlong '<' */
		{ "\xed\xa0\x80", BAD BAD BAD },     /* a surrogate */
		{ "\xf4\x90\x80\x80", BAD BAD BAD BAD },
		{ "\xef\xbf\xbe\xef\xbf\xbf", BAD BAD BAD BAD BAD BAD }, /* no characters of XML */
		{ "\xc2\x9b", BAD BAD },             /* a control character */
		{ "\xff<\xfe", BAD "&lt;" BAD },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(samples); i++) {
		char text[200];
		struct buffer_printer out;
		struct markup_printer escaped;

		buffer_printer_init(&out, text, sizeof(text));
		print_markup(&out.printer, samples[i][0]);
		assert_string_equal(text, samples[i][1]);

		buffer_printer_init(&out, text, sizeof(text));
		escaped = markup_printer_to(&out.printer);
		print(&escaped.printer, "%s", samples[i][0]);
		assert_string_equal(text, samples[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(escapes) };

	return cmocka_run_group_tests_name("markup", tests, NULL, NULL);
}
