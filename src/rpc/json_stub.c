#include "rpc/json.h"
#include <string.h>
void rpc_json_init(struct rpc_json *json, const struct api_set *set, bool ignore_unknown){json->set=set;json->ignore_unknown=ignore_unknown;}
enum err rpc_json_parse(struct rpc_json *json,const ProtobufCMessageDescriptor *type,const uint8_t *text, size_t size,struct buf *wire){(void)json;(void)type;(void)text;(void)size;(void)wire;return ERR_JSON;}
enum err rpc_json_print(struct rpc_json *json,const ProtobufCMessage *message,struct buf *text){(void)json;(void)message;(void)text;return ERR_INTERNAL;}
enum err rpc_json_quote(const char *bytes, size_t size, struct buf *text){enum err e=buf_append(text,"\"",1);if(!e)e=buf_append(text,bytes,size);if(!e)e=buf_append(text,"\"",1);return e;}
