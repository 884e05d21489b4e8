#include "rpc/words.h"

#include <stdbool.h>

#include "base/require.h"

/* Law 1: tests/lint/reasons finds what is missing. */
/* clang-format off */
static const char *const spanish[ERR_COUNT] = {
    [ERR_CANCELED] = "cancelado por quien lo pidió",
    [ERR_DEADLINE] = "el plazo se cumplió antes",
    [ERR_INVALID] = "los datos no tienen la forma debida",
    [ERR_FULL] = "se alcanzó un límite; inténtalo más tarde",
    [ERR_NOMEM] = "no queda memoria",
    [ERR_STORE] = "el almacenamiento no responde; no se cambió nada",
    [ERR_STARTING] = "el servidor está arrancando",
    [ERR_DRAINING] = "el servidor se está cerrando; vuelve en un momento",
    [ERR_FENCED] = "otro nodo tomó el relevo; vuelve en un momento",
    [ERR_INTERNAL] = "un error dentro del servidor",
    [ERR_METHOD] = "no existe ese método",
    [ERR_CARDINALITY] = "esta llamada lleva exactamente un mensaje",
    [ERR_ENCODING] = "esta codificación de mensajes no se admite",
    [ERR_COMPRESSED] = "un mensaje está marcado como comprimido, pero no se nombró ninguna codificación",
    [ERR_PROTO] = "el mensaje no es protobuf válido para esta llamada",
    [ERR_JSON] = "el mensaje no es JSON válido",
    [ERR_JSON_FIELD] = "el JSON tiene un campo que este mensaje no tiene, o uno repetido",
    [ERR_JSON_VALUE] = "un valor del JSON no cabe en su campo",
    [ERR_FRAME] = "el marco del mensaje está cortado o mal formado",
    [ERR_TOO_LARGE] = "el mensaje es mayor de lo que admite esta llamada",
    [ERR_BUDGET] = "el mensaje tiene más partes de las que admite esta llamada",
    [ERR_REPLACED] = "una conexión tuya más reciente ocupó el lugar de esta",
    [ERR_SLOW_READER] = "pasó demasiado tiempo sin que se leyera",
    [ERR_KEY_MISSING] = "hace falta una clave de idempotencia de 16 bytes",
    [ERR_KEY_REUSED] = "esta clave de idempotencia ya se usó con otra petición",
    [ERR_UNAUTHENTICATED] = "inicia sesión primero: el token de acceso falta o está mal formado",
    [ERR_TOKEN_EXPIRED] = "el token de acceso caducó; inicia sesión otra vez",
    [ERR_CREDENTIAL_TWICE] = "el token de acceso o la prueba vienen dos veces; envía uno de cada",
    [ERR_BAD_SIGNATURE] = "la firma no corresponde al reto y a la clave",
    [ERR_CHALLENGE] = "el reto es desconocido, ya se usó o caducó; pide otro",
    [ERR_NOT_ENROLLED] = "nadie está inscrito con esta clave",
    [ERR_ENROLLED] = "ya hay alguien inscrito con esta clave",
    [ERR_PROOF] = "falta la prueba que esta credencial pide, o no corresponde",
    [ERR_AGE] = "esa espera ya continuó, o es demasiado tarde; pide sin ella",
    [ERR_NO_BOND] = "no dijeron los dos que volverían a encontrarse",
    [ERR_ENROLL_CLOSED] = "aquí hace falta una invitación válida para inscribirse",
    [ERR_MEMBER_INACTIVE] = "esta cuenta está suspendida o borrada",
    [ERR_GRADE] = "el grado de esta cuenta no lo permite, o caducó",
    [ERR_PERMISSION] = "no le está permitido a quien llama",
    [ERR_CARD] = "la ficha rebasa un límite o repite un término",
    [ERR_CARD_MISSING] = "primero hace falta una ficha para este papel",
    [ERR_CARD_VERSION] = "la ficha cambió entretanto; léela e inténtalo otra vez",
    [ERR_RECOMPILE] = "el vocabulario de la ficha es demasiado antiguo; hazla de nuevo",
    [ERR_CARDS_PER_DAY] = "tus fichas ya cambiaron bastantes veces por un día",
    [ERR_CONSENT] = "acepta primero el texto de consentimiento vigente",
    [ERR_VOCABULARY] = "no existe esa versión del vocabulario",
    [ERR_TICKET_LIVES] = "ya tienes una petición abierta",
    [ERR_NO_TICKET] = "no tienes ninguna petición abierta así",
    [ERR_ALREADY_MATCHED] = "esta petición ya encontró a alguien",
    [ERR_TICKET_ENDED] = "esta petición ha terminado",
    [ERR_NOT_ON_DUTY] = "primero hace falta ponerse de turno",
    [ERR_CAPACITY] = "la capacidad va de 0 a 8",
    [ERR_NO_OFFER] = "no tienes ninguna oferta así",
    [ERR_OFFER_CLOSED] = "esta oferta está cerrada",
    [ERR_OFFER_GONE] = "esta oferta ya no está disponible",
    [ERR_LATE] = "el plazo de esta oferta se cumplió",
    [ERR_NO_TALK] = "no hay ninguna charla con esta llave",
    [ERR_TALK_ENDED] = "esta charla ha terminado",
    [ERR_TALK_LIVES] = "esta charla no ha terminado",
    [ERR_REFLECTED] = "ya diste tu impresión de esta charla, o es demasiado tarde",
    [ERR_MAILBOX_FULL] = "la otra persona tiene demasiados mensajes sin leer",
    [ERR_SEQUENCE] = "no existe ese número de mensaje",
    [ERR_NO_RELATION] = "no has coincidido con esa persona últimamente",
    [ERR_BLOCKS_FULL] = "tu lista de bloqueos está llena; retira uno primero",
};
/* clang-format on */

const char *rpc_words(enum err err, enum rpc_tongue tongue)
{
    REQUIRE(err < ERR_COUNT);
    return tongue == RPC_SPANISH ? spanish[err] : NULL;
}

const char *rpc_words_tag(enum rpc_tongue tongue)
{
    return tongue == RPC_SPANISH ? "es" : "en";
}

/* Is the primary subtag of a tag this one?  As BCP 47 has it, case is none. */
static bool speaks(const char *tag, size_t size, const char *primary)
{
    return size >= 2 && (tag[0] | 0x20) == primary[0] &&
           (tag[1] | 0x20) == primary[1] && (size == 2 || tag[2] == '-');
}

/* "q=0", "q=0.0": not at all. */
static bool refused(const char *entry, size_t size)
{
    size_t at = 0;

    while (at < size && entry[at] != '=')
        at++;
    if (at == size)
        return false;
    for (at++; at < size; at++)
        if (entry[at] != '0' && entry[at] != '.' && entry[at] != ' ')
            return false;
    return true;
}

enum rpc_tongue rpc_words_choose(const char *list, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        size_t end, tag;

        while (at < size && (list[at] == ' ' || list[at] == '\t'))
            at++;
        for (end = at; end < size && list[end] != ',';)
            end++;
        for (tag = at; tag < end && list[tag] != ';' && list[tag] != ' ';)
            tag++;
        for (int tongue = 0; tongue < RPC_TONGUES; tongue++)
            if (speaks(list + at, tag - at,
                       rpc_words_tag((enum rpc_tongue)tongue)) &&
                !refused(list + tag, end - tag))
                return (enum rpc_tongue)tongue;
        at = end;
    }
    return RPC_ENGLISH;
}
