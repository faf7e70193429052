SELECT product_id, names
FROM product;
