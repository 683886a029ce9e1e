#include "command.h"
#include "picture.h"
#include "file_printer.h"
int svg_run(int c, char **v);
int svg_run(int c, char **v){(void)c; struct map_view w; struct picture p; if(!map_view_open(&w,v[1])) return 2; picture_open(&p,&w); svg_print(&p,&w,true,&standard_output); picture_close(&p); map_view_close(&w); return 0;}
