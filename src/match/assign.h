/* match/assign -- who gets whom, exactly: the b-matching of greatest weight on
 * a sparse bipartite graph.
 *
 * Successive shortest augmenting paths with potentials (Jonker and Volgenant,
 * "A shortest augmenting path algorithm for dense and sparse linear assignment
 * problems", Computing 38, 1987), peers counting as often as their capacity.
 * Memory is the caller's, sized once.
 *
 * Laws
 *   1. A ticket gets at most one peer, a peer at most its capacity.
 *   2. No other choice of edges that keeps law 1 has a greater sum of values.
 *   3. Where that choice is unique, the order of tickets, peers and edges does
 *      not matter. */
#ifndef MATCH_ASSIGN_H
#define MATCH_ASSIGN_H

#include <stddef.h>
#include <stdint.h>

#define MATCH_ASSIGN_NONE UINT32_MAX

struct match_assign_edge {
    uint32_t peer;
    int64_t value; /* 1 .. 2^50: an edge never chosen is left out instead */
};

struct match_assign { /* in: tickets, peers, edge, edges, capacity */
    uint32_t tickets, peers;
    uint32_t tickets_max, degree_max; /* peers ≤ tickets_max * degree_max */
    struct match_assign_edge *edge;   /* of ticket t: [t * degree_max, … ) */
    uint32_t *edges;                  /* how many of them t has */
    uint8_t *capacity;                /* of a peer, ≥ 1 */
    uint32_t *chosen;                 /* out: the edge of t, 0 .. edges[t] - 1,
                                         or MATCH_ASSIGN_NONE */
    /* private */
    int64_t *price, *distance; /* of peers */
    uint32_t *mate, *next;     /* peer → its first ticket → the next */
    uint32_t *load;            /* tickets a peer has */
    uint32_t *via_ticket, *via_edge, *heap, *place, *scanned, *seen;
};

/* The bytes match_assign_init() hands out of memory, which is aligned as by
 * malloc(). */
size_t match_assign_bytes(uint32_t tickets_max, uint32_t degree_max);
void match_assign_init(struct match_assign *assign, void *memory,
                       uint32_t tickets_max, uint32_t degree_max);

/* Begin with what is in; then each ticket is placed in turn, and the choice is
 * that of the tickets placed so far. */
void match_assign_begin(struct match_assign *assign);
/* The work it took: edges looked at. */
uint32_t match_assign_place(struct match_assign *assign, uint32_t ticket);

/* Both, for all tickets. */
void match_assign_solve(struct match_assign *assign);

#endif
