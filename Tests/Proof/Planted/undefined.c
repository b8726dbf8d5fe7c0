/* Undefined behaviour, planted: overflows an int by as much as it has arguments, and says what came of it. */
#include <limits.h>
#include <stdio.h>

int main(int count, char **arguments) {
    (void)arguments;
    int sum = INT_MAX;
    sum += count;
    printf("nothing was noticed: %d\n", sum);
    return 0;
}
