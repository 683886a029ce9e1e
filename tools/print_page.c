/* SPDX-License-Identifier: BSD-2-Clause */
/* A source as a picture, and as a page. */
#include "file_printer.h"
#include "forms.h"
#include "html_page.h"
#include "picture.h"

void print_svg(const struct map_source *source)
{
	struct map_view view;
	struct picture picture;

	map_view_of(&view, source);
	picture_open(&picture, &view);
	svg_print(&picture, &view, true, &standard_output);
	picture_close(&picture);
	map_view_close(&view);
}

void print_html(const struct map_source *source)
{
	struct map_view view;

	map_view_of(&view, source);
	html_print(&view, &standard_output);
	map_view_close(&view);
}
