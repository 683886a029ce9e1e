/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of the picture and of the HTML page as strings of C. */
	.section .rodata
	.global map_picture_css, map_page_css, map_page_js
map_picture_css:
	.incbin "tools/map_picture.css"
	.byte 0
map_page_css:
	.incbin "tools/map_page.css"
	.byte 0
map_page_js:
	.incbin "tools/map_page.js"
	.byte 0
	.section .note.GNU-stack, "", @progbits
