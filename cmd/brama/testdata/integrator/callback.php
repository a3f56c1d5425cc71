<?php
// The callback's fields, or null when it is not the gateway's.
function verified(string $body, string $secret): ?array
{
    $fields = json_decode($body, true, 4);
    if (!is_array($fields) || !is_string($fields['sign'] ?? null) || $secret === '') {
        return null;
    }
    $given = $fields['sign'];
    unset($fields['sign']);
    // Not array_filter() alone nor empty(): they would drop zeros.
    $signed = array_filter($fields, fn($v) => $v !== null && $v !== '');
    if (array_filter($signed, fn($v) => is_array($v) || is_bool($v)) !== []) {
        return null;
    }
    ksort($signed, SORT_STRING);
    $made = hash('sha256', implode(':', array_map('strval', $signed)) . $secret);
    return hash_equals($made, $given) ? $fields : null;
}
